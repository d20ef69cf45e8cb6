"""Captions (Ni, Gu, Zhu): spoken captions and images, one found by the other.

Inputs are the windows of kind `captions` of Flickr8k Audio and Places Audio with their features.
Per corpus: train every network with all seeds. Per corpus: score all runs. Then tables, figures, verdicts.
"""

from crossmodal.papers.captions.plan import CorpusPlan

CAPTIONS = PAPER["captions"]
CAPTIONS_RESULTS = f"{RESULTS}/captions"
CAPTIONS_CODE = "crossmodal.papers.captions"
CAPTIONS_PLANS = {
    corpus: CorpusPlan(
        CAPTIONS,
        corpus,
        SEEDS,
        f"{RESULTS}/corpora/{corpus}/captions",
        CAPTIONS_RESULTS,
    )
    for corpus in CAPTIONS.corpora
    if corpus in CORPORA
}
CAPTIONS_RUNS = [run for plan in CAPTIONS_PLANS.values() for run in plan.runs()]


for corpus, plan, job, families in [
    (corpus, plan, job, families)
    for corpus, plan in CAPTIONS_PLANS.items()
    for job, families in enumerate(plan.jobs(ADDED["captions"]))
]:

    rule:
        name:
            f"captions_train_{corpus}_{job}"
        input:
            plan.inputs(*image_network(corpus)),
        output:
            expand(
                "{run}/{file}",
                run=plan.runs(*families),
                file=["checkpoint.pt", "history.csv", "run.json"],
            ),
        log:
            f"{LOGS}/captions_train/{corpus}/{job}.log",
        benchmark:
            f"{BENCHMARKS}/captions_train/{corpus}/{job}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=1,
            mem_mb=growing(8000),
            runtime=growing(1440),
        params:
            corpus=corpus,
            source=corpus_source(corpus),
            families=families,
            seeds=SEEDS,
            edition=SETTINGS.edition,
            folder=subpath(input[0], parent=True),
            out=subpath(output[0], ancestor=5),
            settings=digest_of([CAPTIONS.run_settings(family) for family in families]),
            code=source_digest("crossmodal.cli:train", f"{CAPTIONS_CODE}.train"),
        shell:
            "python -m crossmodal --log {log} train captions --edition {params.edition} --corpus {params.corpus}"
            " --source {params.source} --families {params.families} --seeds {params.seeds}"
            " --corpus-results {params.folder} --out {params.out} --threads {threads}"


for corpus, plan in CAPTIONS_PLANS.items():

    rule:
        name:
            f"captions_evaluate_{corpus}"
        input:
            features=plan.inputs("waves.npy"),
            contents=f"{corpus_folder(corpus)}/contents.csv",
            checkpoints=[f"{run}/checkpoint.pt" for run in plan.runs()],
        output:
            expand("{run}/{file}", run=plan.runs(), file=["scores.npz", "metrics.csv"]),
            plan.answers(),
        log:
            f"{LOGS}/captions_evaluate/{corpus}.log",
        benchmark:
            f"{BENCHMARKS}/captions_evaluate/{corpus}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=growing(8000),
            runtime=growing(240),
        params:
            corpus=corpus,
            families=list(CAPTIONS.families),
            seeds=SEEDS,
            edition=SETTINGS.edition,
            folder=subpath(input[0], parent=True),
            pictures=subpath(input.contents, parent=True),
            out=subpath(output[0], ancestor=5),
            protocol=digest_of(CAPTIONS.protocol, CAPTIONS.examples),
            code=source_digest("crossmodal.cli:evaluate", f"{CAPTIONS_CODE}.evaluate"),
        shell:
            "python -m crossmodal --log {log} evaluate captions --edition {params.edition} --corpus {params.corpus}"
            " --families {params.families} --seeds {params.seeds} --folder {params.pictures}"
            " --corpus-results {params.folder} --out {params.out} --threads {threads}"


rule captions_collect:
    input:
        [f"{run}/metrics.csv" for run in CAPTIONS_RUNS],
    output:
        f"{CAPTIONS_RESULTS}/metrics.csv",
    log:
        f"{LOGS}/captions_collect.log",
    benchmark:
        f"{BENCHMARKS}/captions_collect.tsv"
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


rule captions_artefacts:
    input:
        f"{CAPTIONS_RESULTS}/metrics.csv",
        [
            f"{run}/{file}"
            for run in CAPTIONS_RUNS
            for file in ("run.json", "scores.npz")
        ],
        [plan.answers() for plan in CAPTIONS_PLANS.values()],
        "src/crossmodal/papers/captions/reported.csv",
    output:
        artefact_files("captions", CAPTIONS.artefacts, paper_title("captions")),
        [
            f"{CAPTIONS_RESULTS}/figures/{name}.listening.json"
            for name in CAPTIONS.artefacts
            if name.startswith("fig_search") and CAPTIONS_RUNS
        ],
    log:
        f"{LOGS}/captions_artefacts.log",
    benchmark:
        f"{BENCHMARKS}/captions_artefacts.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        edition=SETTINGS.edition,
        results=subpath(output[0], ancestor=2),
        settings=digest_of(CAPTIONS),
        code=source_digest("crossmodal.cli:artefacts", f"{CAPTIONS_CODE}.figures"),
    shell:
        "python -m crossmodal --log {log} artefacts captions --edition {params.edition} --results {params.results}"


rule captions_claims:
    input:
        f"{CAPTIONS_RESULTS}/metrics.csv",
        [
            f"{run}/{file}"
            for run in CAPTIONS_RUNS
            for file in ("run.json", "scores.npz")
        ],
        claims="config/claims/captions.csv",
    output:
        judged_claims("captions"),
    log:
        f"{LOGS}/captions_claims.log",
    benchmark:
        f"{BENCHMARKS}/captions_claims.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        results=subpath(output[0], parent=True),
        code=source_digest("crossmodal.cli:claims"),
    shell:
        "python -m crossmodal --log {log} claims --claims {input.claims}"
        " --results {params.results} --out {output}"


rule captions:
    input:
        rules.captions_artefacts.output,
        rules.captions_claims.output,
