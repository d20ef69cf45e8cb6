"""Corpora: made as stand-ins or downloaded, then read into a manifest.

Output of the first step is contents.csv, written last: every file with its size and checksum.
The files themselves are not declared one by one. The manifest has one row an aligned pair.
"""


rule synthesize:
    output:
        f"{SETTINGS.data}/{{corpus}}/synthetic-{SETTINGS.edition}/contents.csv",
    log:
        f"{LOGS}/synthesize/{{corpus}}.log",
    benchmark:
        f"{BENCHMARKS}/synthesize/{{corpus}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        folder=subpath(output[0], parent=True),
        generator=lambda wildcards: as_json(EDITION.corpora[wildcards.corpus].generator),
        code=lambda wildcards: source_digest(
            f"crossmodal.corpora.synthetic.{wildcards.corpus}"
        ),
    shell:
        "python -m crossmodal --log {log} synthesize {wildcards.corpus}"
        " --folder {params.folder} --generator {params.generator:q}"


rule download:
    output:
        f"{SETTINGS.data}/{{corpus}}/download/contents.csv",
    log:
        f"{LOGS}/download/{{corpus}}.log",
    benchmark:
        f"{BENCHMARKS}/download/{{corpus}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(1000),
        runtime=growing(1440),
    params:
        folder=subpath(output[0], parent=True),
        parts=lambda wildcards: EDITION.corpora[wildcards.corpus].parts,
        entry=lambda wildcards: digest_of(REGISTRY.corpus(wildcards.corpus)),
        # A mirror that has more than before is asked again.
        absent=lambda wildcards: ABSENT.get(wildcards.corpus, []),
    shell:
        "python -m crossmodal --log {log} download {wildcards.corpus}"
        " --folder {params.folder} --parts {params.parts}"


rule manifest:
    input:
        lambda wildcards: f"{corpus_folder(wildcards.corpus)}/contents.csv",
    output:
        manifest=f"{RESULTS}/corpora/{{corpus}}/manifest.csv",
        quarantine=f"{RESULTS}/corpora/{{corpus}}/quarantine.csv",
        sheet=f"{RESULTS}/corpora/{{corpus}}/sheet.csv",
        leakage=f"{RESULTS}/corpora/{{corpus}}/leakage.csv",
    log:
        f"{LOGS}/manifest/{{corpus}}.log",
    benchmark:
        f"{BENCHMARKS}/manifest/{{corpus}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        folder=lambda wildcards: corpus_folder(wildcards.corpus),
        reader=lambda wildcards: as_json(EDITION.corpora[wildcards.corpus].reader),
        code=lambda wildcards: source_digest(
            f"crossmodal.corpora.{wildcards.corpus}",
            "crossmodal.corpora.manifest",
            "crossmodal.corpora.quarantine",
            "crossmodal.corpora.leakage",
        ),
    shell:
        "python -m crossmodal --log {log} manifest {wildcards.corpus}"
        " --folder {params.folder} --reader {params.reader:q} --out {output.manifest}"


rule showcase:
    input:
        contents=lambda wildcards: f"{corpus_folder(wildcards.corpus)}/contents.csv",
        manifest=f"{RESULTS}/corpora/{{corpus}}/manifest.csv",
    output:
        sheet=report(
            f"{RESULTS}/corpora/{{corpus}}/contact_sheet.jpg",
            caption="../report/contact_sheet.rst",
            category="Corpora",
            labels={"corpus": "{corpus}"},
        ),
        sounds=f"{RESULTS}/corpora/{{corpus}}/listening.json",
    log:
        f"{LOGS}/showcase/{{corpus}}.log",
    benchmark:
        f"{BENCHMARKS}/showcase/{{corpus}}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        folder=lambda wildcards: corpus_folder(wildcards.corpus),
        out=subpath(output.sheet, parent=True),
        code=source_digest("crossmodal.cli:showcase"),
    shell:
        "python -m crossmodal --log {log} showcase --folder {params.folder}"
        " --manifest {input.manifest} --out {params.out}"
