"""Alignment: recordings and clips become windows of sound and pictures, row-aligned arrays.

A corpus is shared out by files to as many jobs as its edition says (`shards`); their parts are
joined in the order of the manifest and then removed.
"""


rule align:
    input:
        contents=lambda wildcards: f"{corpus_folder(wildcards.corpus)}/contents.csv",
        manifest=f"{RESULTS}/corpora/{{corpus}}/manifest.csv",
    output:
        [temp(f"{SHARD}/{file}") for file in SHARD_FILES],
    log:
        f"{LOGS}/align/{{corpus}}/{{kind}}/{{shard}}-of-{{shards}}.log",
    benchmark:
        f"{BENCHMARKS}/align/{{corpus}}/{{kind}}/{{shard}}-of-{{shards}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=growing(3000),
        runtime=growing(720),
    params:
        folder=lambda wildcards: corpus_folder(wildcards.corpus),
        settings=lambda wildcards: cut_settings(wildcards.corpus, wildcards.kind),
        out=subpath(output[0], parent=True),
        code=lambda wildcards: alignment_digest(wildcards.kind),
    shell:
        "python -m crossmodal --log {log} align {wildcards.corpus} {wildcards.kind}"
        " --folder {params.folder} --manifest {input.manifest} --settings {params.settings:q}"
        " --shard {wildcards.shard} --shards {wildcards.shards} --out {params.out}"


rule join:
    input:
        # First all files of shard 0, then those of shard 1, and so on.
        lambda wildcards: shard_files(wildcards.corpus, wildcards.kind),
    output:
        [f"{RESULTS}/corpora/{{corpus}}/{{kind}}/{file}" for file in WINDOW_FILES],
    log:
        f"{LOGS}/join/{{corpus}}/{{kind}}.log",
    benchmark:
        f"{BENCHMARKS}/join/{{corpus}}/{{kind}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        shards=lambda wildcards, input: shard_folders(input),
        limit_share=lambda wildcards: limit_share(wildcards.corpus, wildcards.kind),
        # That one's own videos give none is told in the report.
        empty="" if OWN is None else "--may-be-empty",
        out=subpath(output[0], parent=True),
        # The shards are gone when this is done: what would change them is looked for here too.
        settings=lambda wildcards: cut_settings(wildcards.corpus, wildcards.kind),
        aligned=lambda wildcards: alignment_digest(wildcards.kind),
        code=source_digest("crossmodal.cli:join"),
    shell:
        "python -m crossmodal --log {log} join --shards {params.shards}"
        " --limit-share {params.limit_share} {params.empty} --out {params.out}"
