"""Corpora: made as stand-ins or downloaded, then read into a manifest.

Output of the first step is contents.csv, written last: every file with its size and checksum.
The files themselves are not declared one by one. The manifest has one row an aligned pair.
"""


rule synthesize:
    output:
        f"<data>/{{corpus}}/synthetic-{EDITION.settings.edition}/contents.csv",
    log:
        "<logs>/synthesize/{corpus}.log",
    benchmark:
        "<benchmarks>/synthesize/{corpus}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        folder=subpath(output[0], parent=True),
        generator=lambda wildcards: as_json(EDITION.choice(wildcards.corpus).generator),
        code=lambda wildcards: source_digest(
            f"crossmodal_standins.{wildcards.corpus}:synthesize"
        ),
    shell:
        "python -m crossmodal_standins {wildcards.corpus} --folder {params.folder:q}"
        " --generator {params.generator:q} --log {log:q}"


rule download:
    output:
        "<data>/{corpus}/download/contents.csv",
    log:
        "<logs>/download/{corpus}.log",
    benchmark:
        "<benchmarks>/download/{corpus}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=per_attempt(1000),
        runtime=per_attempt(1440),
    params:
        run=RUN_FILE,
        parts=lambda wildcards: EDITION.choice(wildcards.corpus).parts,
        entry=lambda wildcards: digest_of(EDITION.registry.corpus(wildcards.corpus)),
        # A mirror that has more than before is asked again.
        absent=lambda wildcards: EDITION.incomplete.get(wildcards.corpus, []),
    shell:
        "python -m crossmodal download {wildcards.corpus} --run {params.run:q} --log {log:q}"


rule manifest:
    input:
        contents=contents,
    output:
        manifest="<results>/corpora/{corpus}/manifest.csv",
        quarantine="<results>/corpora/{corpus}/quarantine.csv",
        summary="<results>/corpora/{corpus}/summary.csv",
        leakage="<results>/corpora/{corpus}/leakage.csv",
    log:
        "<logs>/manifest/{corpus}.log",
    benchmark:
        "<benchmarks>/manifest/{corpus}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        run=RUN_FILE,
        reader=lambda wildcards: digest_of(EDITION.choice(wildcards.corpus).reader),
        code=lambda wildcards: source_digest(
            f"crossmodal.corpora.{wildcards.corpus}:read",
            "crossmodal.corpora.readers:write_corpus_manifest",
        ),
    shell:
        "python -m crossmodal manifest {wildcards.corpus} --run {params.run:q} --log {log:q}"


rule preview:
    input:
        contents=contents,
        manifest="<results>/corpora/{corpus}/manifest.csv",
    output:
        sheet=report(
            "<results>/corpora/{corpus}/contact_sheet.jpg",
            caption="../report/contact_sheet.rst",
            category="Corpora",
            labels={"corpus": "{corpus}"},
        ),
        sounds="<results>/corpora/{corpus}/audio.json",
    log:
        "<logs>/preview/{corpus}.log",
    benchmark:
        "<benchmarks>/preview/{corpus}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        run=RUN_FILE,
        code=source_digest("crossmodal.corpora.preview:write_preview"),
    shell:
        "python -m crossmodal preview {wildcards.corpus} --run {params.run:q} --log {log:q}"
