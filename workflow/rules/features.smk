"""Features: one array a feature, its rows those of the manifest, with its settings beside it.

Whatever is fitted (code books, topics, networks, projections) is fitted on the training rows
alone. Of images and texts a job makes one feature, of windows all features of their kind, because
starting up costs more than most of them.
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
        # VGG16 alone gains from one.
        gpu=lambda wildcards: len(vgg16_weights(wildcards.corpus, wildcards.feature)),
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        folder=lambda wildcards: corpus_folder(wildcards.corpus),
        out=subpath(output.array, parent=True),
        weights=lambda wildcards, input: (
            f"--weights {input.weights}" if input.weights else ""
        ),
        code=lambda wildcards: source_digest(
            "crossmodal.cli:features", f"crossmodal.features.makers.{wildcards.corpus}"
        ),
    shell:
        "python -m crossmodal --log {log} features {wildcards.corpus} {wildcards.feature}"
        " --folder {params.folder} --manifest {input.manifest} --out {params.out}"
        " --threads {threads} {params.weights}"


for corpus, kind in [(corpus, kind) for corpus in WINDOWS for kind in WINDOWS[corpus]]:

    rule:
        name:
            f"features_{corpus}_{kind}"
        input:
            contents=f"{corpus_folder(corpus)}/contents.csv",
            windows=expand(
                "{results}/corpora/{corpus}/{kind}/{file}",
                results=RESULTS,
                corpus=corpus,
                kind=kind,
                file=["manifest.csv", "waves.npy", "pictures.npy"],
            ),
            weights=[
                path
                for feature in FEATURES[kind]
                for path in vgg16_weights(corpus, feature)
            ],
        output:
            window_features(corpus, kind),
        log:
            f"{LOGS}/features/{corpus}/{kind}.log",
        benchmark:
            f"{BENCHMARKS}/features/{corpus}/{kind}.tsv"
        conda:
            ENVIRONMENT
        # As many as the corpus is large; they change no value.
        threads: min(4, EDITION.corpora[corpus].shards)
        resources:
            gpu=1,
            mem_mb=growing(4000),
            runtime=growing(480),
        params:
            kind=kind,
            features=FEATURES[kind],
            folder=subpath(input.contents, parent=True),
            out=subpath(output[0], parent=True),
            weights=lambda wildcards, input: (
                f"--weights {input.weights}" if input.weights else ""
            ),
            code=source_digest(
                "crossmodal.cli:features", f"crossmodal.features.makers.{kind}"
            ),
        shell:
            "python -m crossmodal --log {log} features {params.kind} {params.features}"
            " --folder {params.folder} --manifest {input.windows[0]} --out {params.out}"
            " --threads {threads} {params.weights}"
