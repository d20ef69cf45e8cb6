"""Papers: search settings, train, evaluate; then figures, tables and verdicts.

What runs (variants, seeds, inputs, memory) stands in config/papers/{paper}.yaml and in
crossmodal/papers/{paper}/plan.py; the stages are the same for all. A run is one variant with one
seed: one job, one folder.
"""


rule tune:
    input:
        lambda wildcards: feature_files(
            wildcards.paper, wildcards.corpus, searched_arrays(wildcards)
        ),
        arrays=ancient(
            lambda wildcards: arrays(
                wildcards.paper, wildcards.corpus, searched_arrays(wildcards)
            )
        ),
    output:
        "<results>/{paper}/tuning/{corpus}/{search}.csv",
    log:
        "<logs>/tune/{paper}/{corpus}/{search}.log",
    benchmark:
        "<benchmarks>/tune/{paper}/{corpus}/{search}.tsv"
    conda:
        ENVIRONMENT
    resources:
        gpu=search_gpu,
        mem_mb=plan_resource("tune", "mem_mb"),
        runtime=plan_resource("tune", "runtime_min"),
    params:
        run=RUN_FILE,
        decides=lambda wildcards: digest_of(
            PLANS[wildcards.paper].decides_search(wildcards.corpus, wildcards.search)
        ),
        code=stage_code("tune"),
    shell:
        "python -m crossmodal tune {wildcards.paper} {wildcards.corpus} {wildcards.search}"
        " --run {params.run:q} --threads {threads} --log {log:q}"


rule train:
    input:
        lambda wildcards: feature_files(
            wildcards.paper, wildcards.corpus, trained_arrays(wildcards)
        ),
        runs_before,
        search_table,
        arrays=ancient(
            lambda wildcards: arrays(
                wildcards.paper, wildcards.corpus, trained_arrays(wildcards)
            )
        ),
    output:
        checkpoint="<results>/{paper}/runs/{corpus}/{variant}/seed{seed}/checkpoint.pt",
        history="<results>/{paper}/runs/{corpus}/{variant}/seed{seed}/history.csv",
        record="<results>/{paper}/runs/{corpus}/{variant}/seed{seed}/run.json",
    log:
        "<logs>/train/{paper}/{corpus}/{variant}/seed{seed}.log",
    benchmark:
        "<benchmarks>/train/{paper}/{corpus}/{variant}/seed{seed}.tsv"
    conda:
        ENVIRONMENT
    resources:
        gpu=runs_gpu,
        mem_mb=plan_resource("train", "mem_mb"),
        runtime=plan_resource("train", "runtime_min"),
    params:
        run=RUN_FILE,
        decides=lambda wildcards: digest_of(
            PLANS[wildcards.paper].decides_training(
                wildcards.corpus, wildcards.variant
            )
        ),
        code=stage_code("train"),
    shell:
        "python -m crossmodal train {wildcards.paper} {wildcards.corpus} {wildcards.variant}"
        " {wildcards.seed} --run {params.run:q} --threads {threads} --log {log:q}"


rule evaluate:
    input:
        lambda wildcards: feature_files(
            wildcards.paper,
            wildcards.corpus,
            PLANS[wildcards.paper].evaluation_features(wildcards.corpus),
        ),
        lambda wildcards: all_run_files(
            wildcards.paper, wildcards.corpus, "checkpoint.pt", "history.csv"
        ),
        arrays=ancient(
            lambda wildcards: arrays(
                wildcards.paper,
                wildcards.corpus,
                PLANS[wildcards.paper].evaluation_features(wildcards.corpus),
            )
        ),
    output:
        scores="<results>/{paper}/scores/{corpus}.npz",
        metrics="<results>/{paper}/metrics/{corpus}.csv",
        examples="<results>/{paper}/examples/{corpus}.npz",
    log:
        "<logs>/evaluate/{paper}/{corpus}.log",
    benchmark:
        "<benchmarks>/evaluate/{paper}/{corpus}.tsv"
    conda:
        ENVIRONMENT
    resources:
        gpu=1,
        mem_mb=plan_resource("evaluate", "mem_mb"),
        runtime=plan_resource("evaluate", "runtime_min"),
    params:
        run=RUN_FILE,
        decides=lambda wildcards: digest_of(
            PLANS[wildcards.paper].decides_evaluation(wildcards.corpus)
        ),
        code=stage_code("evaluate"),
    shell:
        "python -m crossmodal evaluate {wildcards.paper} {wildcards.corpus}"
        " --run {params.run:q} --threads {threads} --log {log:q}"


rule claims:
    input:
        lambda wildcards: evaluated(wildcards.paper, "scores", "metrics"),
        lambda wildcards: [
            file
            for corpus in PLANS[wildcards.paper].corpora()
            for file in all_run_files(wildcards.paper, corpus, "run.json")
        ],
        claims="config/claims/{paper}.csv",
    output:
        report(
            "<results>/{paper}/claims.csv",
            caption="../report/claims.rst",
            category=lambda wildcards: EDITION.title(wildcards.paper),
            subcategory="Claims",
            labels={"claims": "Every claim with its verdict"},
        ),
    log:
        "<logs>/claims/{paper}.log",
    benchmark:
        "<benchmarks>/claims/{paper}.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=per_attempt(2000),
        runtime=per_attempt(30),
    params:
        run=RUN_FILE,
        corpora=lambda wildcards: PLANS[wildcards.paper].corpora(),
        code=source_digest("crossmodal.stages:claims"),
    shell:
        "python -m crossmodal claims {wildcards.paper} --run {params.run:q} --log {log:q}"


# The only loop: outputs cannot depend on wildcards, and every paper has figures of its own.
for paper, plan in PLANS.items():

    rule:
        name:
            f"{paper}_artefacts"
        input:
            evaluated(paper, "scores", "metrics", "examples"),
            searches(paper),
            [
                file
                for corpus in plan.corpora()
                for file in all_run_files(paper, corpus, "run.json", "history.csv")
            ],
            f"src/crossmodal/papers/{paper}/reported.csv",
        output:
            artefact_files(paper, plan.settings.artefacts, in_report(paper)),
        log:
            f"<logs>/artefacts/{paper}.log",
        benchmark:
            f"<benchmarks>/artefacts/{paper}.tsv"
        conda:
            ENVIRONMENT
        resources:
            mem_mb=per_attempt(2000),
            runtime=per_attempt(30),
        params:
            run=RUN_FILE,
            paper=paper,
            captions=captions(plan.settings.artefacts),
            settings=digest_of(plan.settings, plan.corpora()),
            code=plan.code("artefacts"),
        shell:
            "python -m crossmodal artefacts {params.paper} --run {params.run:q} --log {log:q}"

    rule:
        name:
            paper
        input:
            artefact_files(paper, plan.settings.artefacts),
            f"<results>/{paper}/claims.csv",
