"""Papers: search settings, train, evaluate; then figures, tables and verdicts.

What runs (variants, seeds, inputs, memory) stands in config/papers/{paper}.yaml and in
crossmodal/papers/{paper}/plan.py; the stages are the same for all. A run is one variant with one
seed: one job, one folder.
"""


def plan_resource(stage, name):
    """Return a resource that a paper's settings give a stage, more at each attempt."""
    return lambda wildcards, attempt: (
        getattr(PLANS[wildcards.paper].resources(stage), name) * attempt
    )


def stage_code(stage):
    """Return the digest of the source of a stage, for each paper its own."""
    return lambda wildcards: PLANS[wildcards.paper].code(stage)


def searched_arrays(wildcards):
    """Return the arrays that the variants of a search read, by name."""
    plan = PLANS[wildcards.paper]
    variants = plan.searches(wildcards.corpus)[wildcards.search]
    return sorted(
        {array for one in variants for array in plan.features(wildcards.corpus, one)}
    )


def trained_arrays(wildcards):
    """Return the arrays that a run reads, by name."""
    return PLANS[wildcards.paper].features(wildcards.corpus, wildcards.variant)


def run_of(wildcards):
    """Return the run that wildcards name; Snakemake asks for no other."""
    plan, seed = PLANS[wildcards.paper], int(wildcards.seed)
    for run in plan.runs(wildcards.corpus):
        if (run.variant, run.seed) == (wildcards.variant, seed):
            return run
    raise WorkflowError(
        f"{wildcards.paper} has no run {wildcards.variant}/seed{seed} on {wildcards.corpus} in"
        f" this edition. Variants: {', '.join(plan.variants(wildcards.corpus))}"
    )


def runs_before(wildcards):
    """Return the files of the runs that a run builds on."""
    before = PLANS[wildcards.paper].before(run_of(wildcards))
    return [
        file
        for run in before.values()
        for file in run_files(
            run, wildcards.paper, "checkpoint.pt", "history.csv", "run.json"
        )
    ]


def search_table(wildcards):
    """Return the table of the search that chose settings of a run."""
    name = PLANS[wildcards.paper].search_of(wildcards.corpus, wildcards.variant)
    if name is None:
        return []
    return str(EDITION.results.paper(wildcards.paper).search(wildcards.corpus, name))


def runs_gpu(wildcards):
    """Return the GPUs that a run asks for."""
    return int(PLANS[wildcards.paper].uses_gpu(wildcards.variant))


def search_gpu(wildcards):
    """Return the GPUs that a search asks for."""
    plan = PLANS[wildcards.paper]
    return int(
        any(map(plan.uses_gpu, plan.searches(wildcards.corpus)[wildcards.search]))
    )


def all_run_files(paper, corpus, *names):
    """Return files of every run of a paper on a corpus."""
    runs = PLANS[paper].runs(corpus)
    return [file for run in runs for file in run_files(run, paper, *names)]


def evaluated(paper, *kinds):
    """Return what evaluation leaves of a paper: `scores`, `metrics`, `examples`."""
    folder, corpora = EDITION.results.paper(paper), PLANS[paper].corpora()
    return [str(getattr(folder, kind)(corpus)) for corpus in corpora for kind in kinds]


def searches(paper):
    """Return the tables of a paper's searches."""
    folder, plan = EDITION.results.paper(paper), PLANS[paper]
    return [
        str(folder.search(corpus, name))
        for corpus in plan.corpora()
        for name in plan.searches(corpus)
    ]


def artefact_files(paper, entries, marked=lambda file, entry: file):
    """Return the files of figures and tables; `marked` marks one of each for a report."""
    files = []
    for name, entry in entries.items():
        stem = EDITION.results.paper(paper).artefact(entry.kind, name)
        shown, other = ("svg", "png") if entry.kind == "figure" else ("csv", "md")
        files += [marked(f"{stem}.{shown}", entry), f"{stem}.{other}"]
        files += [f"{stem}.audio.json"] if entry.sounds else []
    return files


def in_report(paper):
    """Return what marks a figure or table of a paper for Snakemake's report."""
    return lambda file, entry: report(
        file,
        caption="../report/artefact.rst",
        category=EDITION.title(paper),
        subcategory=f"{entry.kind.capitalize()}s",
        labels={entry.kind: entry.title},
    )


def captions(entries):
    """Return title -> caption of figures and tables, in reStructuredText."""
    plain = str.maketrans({sign: f"\\{sign}" for sign in "\\*`_|"})
    return {
        entry.title.translate(plain): entry.caption.translate(plain)
        for entry in entries.values()
    }


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
        decides=lambda wildcards: digest_of(
            PLANS[wildcards.paper].decides_search(wildcards.corpus, wildcards.search)
        ),
        code=stage_code("tune"),
    shell:
        "python -m crossmodal tune {wildcards.paper} {wildcards.corpus} {wildcards.search}"
        " --run {RUN_FILE:q} --threads {threads} --log {log:q}"


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
        decides=lambda wildcards: digest_of(
            PLANS[wildcards.paper].decides_training(
                wildcards.corpus, wildcards.variant
            )
        ),
        code=stage_code("train"),
    shell:
        "python -m crossmodal train {wildcards.paper} {wildcards.corpus} {wildcards.variant}"
        " {wildcards.seed} --run {RUN_FILE:q} --threads {threads} --log {log:q}"


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
        decides=lambda wildcards: digest_of(
            PLANS[wildcards.paper].decides_evaluation(wildcards.corpus)
        ),
        code=stage_code("evaluate"),
    shell:
        "python -m crossmodal evaluate {wildcards.paper} {wildcards.corpus}"
        " --run {RUN_FILE:q} --threads {threads} --log {log:q}"


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
        corpora=lambda wildcards: PLANS[wildcards.paper].corpora(),
        code=source_digest("crossmodal.stages:claims"),
    shell:
        "python -m crossmodal claims {wildcards.paper} --run {RUN_FILE:q} --log {log:q}"


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
            paper=paper,
            captions=captions(plan.settings.artefacts),
            settings=digest_of(plan.settings, plan.corpora()),
            code=plan.code("artefacts"),
        shell:
            "python -m crossmodal artefacts {params.paper} --run {RUN_FILE:q} --log {log:q}"

    rule:
        name:
            paper
        input:
            artefact_files(paper, plan.settings.artefacts),
            f"<results>/{paper}/claims.csv",
