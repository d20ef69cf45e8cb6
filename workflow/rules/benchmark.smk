"""The benchmark: the models of all papers and baselines on the same tasks.

Inputs are windows (or features) of the corpora. Some jobs a task share its methods: each chooses
settings on validation rows, trains every seed and scores it. Then tables and a figure.
"""

from crossmodal.benchmark.plan import RUN_FILES, TaskPlan

BENCHMARK_RESULTS = f"{RESULTS}/benchmark"
BENCHMARK_PLANS = {
    task: TaskPlan(BENCHMARK, task, SEEDS, f"{RESULTS}/corpora", BENCHMARK_RESULTS)
    for task in BENCHMARK_TASKS
}
BENCHMARK_RUNS = [
    run
    for plan in BENCHMARK_PLANS.values()
    for methods in plan.jobs()
    for run in plan.runs(methods)
]


for task, job, methods in [
    (task, job, methods)
    for task, plan in BENCHMARK_PLANS.items()
    for job, methods in enumerate(plan.jobs())
]:

    rule:
        name:
            f"benchmark_{task}_{job}"
        input:
            BENCHMARK_PLANS[task].inputs(),
        output:
            BENCHMARK_PLANS[task].tunings(methods),
            expand(
                "{run}/{file}",
                run=BENCHMARK_PLANS[task].runs(methods),
                file=RUN_FILES,
            ),
        log:
            f"{LOGS}/benchmark/{task}_{job}.log",
        benchmark:
            f"{BENCHMARKS}/benchmark/{task}_{job}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=1,
            mem_mb=growing(6000),
            runtime=growing(720),
        params:
            task=task,
            methods=methods,
            seeds=SEEDS,
            source=corpus_source(BENCHMARK.definitions[task].corpus),
            edition=SETTINGS.edition,
            folder=subpath(input[0], parent=True),
            out=subpath(output[0], ancestor=3),
            settings=digest_of(BENCHMARK.training_settings(task, methods)),
            code=source_digest("crossmodal.cli:benchmark", "crossmodal.benchmark.run"),
        shell:
            "python -m crossmodal --log {log} benchmark {params.task} --methods {params.methods}"
            " --seeds {params.seeds} --source {params.source} --edition {params.edition}"
            " --folder {params.folder} --out {params.out} --threads {threads}"


rule benchmark_collect:
    input:
        [f"{run}/metrics.csv" for run in BENCHMARK_RUNS],
    output:
        f"{BENCHMARK_RESULTS}/metrics.csv",
    log:
        f"{LOGS}/benchmark_collect.log",
    benchmark:
        f"{BENCHMARKS}/benchmark_collect.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        runs=lambda wildcards, input: [str(Path(file).parent) for file in input],
        code=source_digest("crossmodal.cli:collect"),
    shell:
        "python -m crossmodal --log {log} collect {params.runs} --out {output}"


rule benchmark_artefacts:
    input:
        f"{BENCHMARK_RESULTS}/metrics.csv",
        [
            f"{run}/{file}"
            for run in BENCHMARK_RUNS
            for file in ("run.json", "scores.npz")
        ],
    output:
        artefact_files(
            "benchmark",
            BENCHMARK.artefacts,
            importlib.import_module("crossmodal.benchmark").TITLE,
        ),
    log:
        f"{LOGS}/benchmark_artefacts.log",
    benchmark:
        f"{BENCHMARKS}/benchmark_artefacts.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        edition=SETTINGS.edition,
        results=subpath(output[0], ancestor=2),
        settings=digest_of(BENCHMARK),
        code=source_digest("crossmodal.cli:artefacts", "crossmodal.benchmark.figures"),
    shell:
        "python -m crossmodal --log {log} artefacts benchmark --edition {params.edition} --results {params.results}"


rule benchmark:
    input:
        rules.benchmark_artefacts.output,
