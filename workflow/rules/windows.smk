"""Windows and features: recordings become windows of sound and pictures, these become arrays.

A corpus is shared out by files to as many jobs as its edition says (`shards`); their parts are
joined in the order of the manifest and then removed. A feature is an array whose rows are those of
a manifest, with its settings and checksum beside it; what is fitted (code books, topics, networks,
projections) is fitted on the training rows alone.
"""

SHARD = "<results>/corpora/{corpus}/{windows}/shards/{shard}-of-{shards}"
SHARD_FILES = [
    "shard.json",
    "windows.csv",
    "waves.npy",
    "pictures.npy",
    "quarantine.csv",
]
WINDOW_FILES = [
    *["manifest.csv", "quarantine.csv", "summary.csv", "leakage.csv"],
    *["waves.npy", "waves.json", "pictures.npy", "pictures.json"],
]


rule align:
    input:
        contents=contents,
        manifest="<results>/corpora/{corpus}/manifest.csv",
    output:
        [temp(f"{SHARD}/{file}") for file in SHARD_FILES],
    log:
        "<logs>/align/{corpus}/{windows}/{shard}-of-{shards}.log",
    benchmark:
        "<benchmarks>/align/{corpus}/{windows}/{shard}-of-{shards}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=per_attempt(3000),
        runtime=per_attempt(720),
    params:
        run=RUN_FILE,
        settings=cut_settings,
        code=cut_code,
    shell:
        "python -m crossmodal align {wildcards.corpus} {wildcards.windows} {wildcards.shard}"
        " --run {params.run:q} --log {log:q}"


rule merge_shards:
    input:
        shard_files,
    output:
        [f"<results>/corpora/{{corpus}}/{{windows}}/{file}" for file in WINDOW_FILES],
    log:
        "<logs>/merge_shards/{corpus}/{windows}.log",
    benchmark:
        "<benchmarks>/merge_shards/{corpus}/{windows}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=per_attempt(4000),
        runtime=per_attempt(120),
    params:
        run=RUN_FILE,
        limit_share=lambda wildcards: EDITION.windows(wildcards.corpus)[
            wildcards.windows
        ].limit_share,
        # The shards are gone when this is done: what would change them is looked for here too.
        settings=cut_settings,
        aligned=cut_code,
        code=source_digest("crossmodal.alignment.merge:merge_shards"),
    shell:
        "python -m crossmodal merge-shards {wildcards.corpus} {wildcards.windows}"
        " --run {params.run:q} --log {log:q}"


rule features:
    input:
        feature_inputs,
        arrays=ancient(window_arrays),
        manifest="<results>/corpora/{rows}/manifest.csv",
    output:
        array="<results>/corpora/{rows}/{feature}.npy",
        description="<results>/corpora/{rows}/{feature}.json",
    log:
        "<logs>/features/{rows}/{feature}.log",
    benchmark:
        "<benchmarks>/features/{rows}/{feature}.tsv"
    conda:
        ENVIRONMENT
    # As many as the corpus is large; they change no value.
    threads: lambda wildcards: min(4, EDITION.choice(wildcards.rows.split("/")[0]).shards)
    resources:
        gpu=1,
        mem_mb=per_attempt(4000),
        runtime=per_attempt(480),
    params:
        run=RUN_FILE,
        code=feature_code,
    shell:
        "python -m crossmodal features {wildcards.rows} {wildcards.feature}"
        " --run {params.run:q} --threads {threads} --log {log:q}"
