"""The benchmark: the models of all papers and baselines on the same tasks.

Inputs are windows (or features) of the corpora. A method on a task is a job: it chooses settings on
validation rows, trains every seed and scores it. Then tables and a figure.
"""

from crossmodal.benchmark.methods import entry_of


rule benchmark:
    input:
        task_arrays("json"),
        lambda wildcards: below(
            task_folder(EDITION.benchmark, wildcards.task, EDITION.results),
            "manifest.csv",
        ),
        arrays=ancient(task_arrays("npy")),
    output:
        scores="<results>/benchmark/scores/{task}/{method}.npz",
        metrics="<results>/benchmark/metrics/{task}/{method}.csv",
        record="<results>/benchmark/runs/{task}/{method}/run.json",
        trials="<results>/benchmark/runs/{task}/{method}/trials.csv",
    log:
        "<logs>/benchmark/{task}/{method}.log",
    benchmark:
        "<benchmarks>/benchmark/{task}/{method}.tsv"
    conda:
        ENVIRONMENT
    resources:
        gpu=1,
        mem_mb=per_attempt(6000),
        runtime=per_attempt(720),
    params:
        run=RUN_FILE,
        seeds=EDITION.seeds,
        decides=lambda wildcards: digest_of(
            EDITION.benchmark.training_settings(wildcards.task, wildcards.method)
        ),
        code=lambda wildcards: source_digest(
            "crossmodal.benchmark.run:run_method", entry_of(wildcards.method)
        ),
    shell:
        "python -m crossmodal benchmark {wildcards.task} {wildcards.method}"
        " --run {params.run:q} --threads {threads} --log {log:q}"


rule benchmark_artefacts:
    input:
        benchmark_files(
            "scores/{task}/{method}.npz",
            "metrics/{task}/{method}.csv",
            "runs/{task}/{method}/run.json",
        ),
    output:
        artefact_files(BENCHMARK, EDITION.benchmark.artefacts, in_report(BENCHMARK)),
    log:
        "<logs>/artefacts/benchmark.log",
    benchmark:
        "<benchmarks>/artefacts/benchmark.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        run=RUN_FILE,
        captions=captions(EDITION.benchmark.artefacts),
        settings=digest_of(EDITION.benchmark, TASKS, EDITION.seeds),
        code=source_digest(
            "crossmodal.stages:artefacts",
            "crossmodal.benchmark.figures",
            "crossmodal.benchmark.tables",
        ),
    shell:
        "python -m crossmodal artefacts benchmark --run {params.run:q} --log {log:q}"
