"""Features: one array a feature, its rows those of the manifest, with its settings beside it.

Whatever is fitted (code books, topics, networks) is fitted on the training rows alone.
"""


rule features:
    input:
        contents=lambda wildcards: f"{corpus_folder(wildcards.corpus)}/contents.csv",
        manifest=f"{RESULTS}/corpora/{{corpus}}/manifest.csv",
        weights=lambda wildcards: vgg16_weights(wildcards.corpus, wildcards.feature),
    output:
        array=f"{RESULTS}/corpora/{{corpus}}/{{feature}}.npy",
        settings=f"{RESULTS}/corpora/{{corpus}}/{{feature}}.json",
    log:
        f"{LOGS}/features/{{corpus}}/{{feature}}.log",
    benchmark:
        f"{BENCHMARKS}/features/{{corpus}}/{{feature}}.tsv"
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        folder=lambda wildcards: corpus_folder(wildcards.corpus),
        out=subpath(output.array, parent=True),
        weights=lambda wildcards, input: (
            f"--weights {input.weights}" if input.weights else ""
        ),
        code=source_digest("crossmodal.cli:features"),
    shell:
        "python -m crossmodal --log {log} features {wildcards.corpus} {wildcards.feature}"
        " --folder {params.folder} --manifest {input.manifest} --out {params.out}"
        " --threads {threads} {params.weights}"
