"""Face and voice (Xu et al.): do this face and this voice belong together, and to whom?

Inputs are the windows of half a second of The Big Bang Theory and their features. Per corpus:
choose the margin on validation pairs, train every variant and seed in a few jobs, score all runs.
Then tables, figures and verdicts.
"""

from crossmodal.papers.facevoice.plan import KIND as FACEVOICE_KIND
from crossmodal.papers.facevoice.plan import CorpusPlan as FacevoicePlan
from crossmodal.papers.facevoice.plan import has_pictures

FACEVOICE = PAPER["facevoice"]
FACEVOICE_RESULTS = f"{RESULTS}/facevoice"
FACEVOICE_CODE = "crossmodal.papers.facevoice"
FACEVOICE_PLANS = {
    corpus: FacevoicePlan(
        FACEVOICE,
        corpus,
        has_pictures(Path(corpus_folder(corpus)), EDITION.corpora[corpus]),
        SEEDS,
        f"{RESULTS}/corpora/{corpus}/{FACEVOICE_KIND}",
        FACEVOICE_RESULTS,
    )
    for corpus in FACEVOICE.corpora
    if corpus in CORPORA and FACEVOICE_KIND in WINDOWS[corpus]
}
FACEVOICE_RUNS = [
    run for plan in FACEVOICE_PLANS.values() for run in plan.runs(plan.families())
]


for corpus, plan in FACEVOICE_PLANS.items():

    rule:
        name:
            f"facevoice_tune_{corpus}"
        input:
            plan.inputs(),
        output:
            f"{FACEVOICE_RESULTS}/tuning/{corpus}/margin.csv",
        log:
            f"{LOGS}/facevoice_tune/{corpus}.log",
        benchmark:
            f"{BENCHMARKS}/facevoice_tune/{corpus}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=1,
            mem_mb=growing(8000),
            runtime=growing(240),
        params:
            corpus=corpus,
            edition=SETTINGS.edition,
            folder=subpath(input[0], parent=True),
            settings=digest_of(plan.tuning_settings()),
            code=source_digest("crossmodal.cli:tune", f"{FACEVOICE_CODE}.tune"),
        shell:
            "python -m crossmodal --log {log} tune facevoice --edition {params.edition} --corpus {params.corpus}"
            " --method margin --families ours --corpus-results {params.folder} --out {output}"
            " --threads {threads}"

    for job, families in enumerate(plan.jobs(ADDED["facevoice"])):

        rule:
            name:
                f"facevoice_train_{corpus}_{job}"
            input:
                windows=plan.inputs(),
                tuning=f"{FACEVOICE_RESULTS}/tuning/{corpus}/margin.csv",
            output:
                expand(
                    "{run}/{file}",
                    run=plan.runs(families),
                    file=["checkpoint.pt", "history.csv", "run.json"],
                ),
            log:
                f"{LOGS}/facevoice_train/{corpus}/{job}.log",
            benchmark:
                f"{BENCHMARKS}/facevoice_train/{corpus}/{job}.tsv"
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
                settings=digest_of(plan.training_settings(families)),
                code=source_digest("crossmodal.cli:train", f"{FACEVOICE_CODE}.train"),
            shell:
                "python -m crossmodal --log {log} train facevoice --edition {params.edition} --corpus {params.corpus}"
                " --source {params.source} --families {params.families} --seeds {params.seeds}"
                " --corpus-results {params.folder} --tuning {input.tuning} --out {params.out}"
                " --threads {threads}"

    rule:
        name:
            f"facevoice_evaluate_{corpus}"
        input:
            windows=plan.inputs(),
            checkpoints=[f"{run}/checkpoint.pt" for run in plan.runs(plan.families())],
        output:
            expand(
                "{run}/{file}",
                run=plan.runs(plan.families()),
                file=["scores.npz", "metrics.csv"],
            ),
        log:
            f"{LOGS}/facevoice_evaluate/{corpus}.log",
        benchmark:
            f"{BENCHMARKS}/facevoice_evaluate/{corpus}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=1,
            mem_mb=growing(8000),
            runtime=growing(120),
        params:
            corpus=corpus,
            families=plan.families(),
            seeds=SEEDS,
            edition=SETTINGS.edition,
            folder=subpath(input[0], parent=True),
            out=subpath(output[0], ancestor=5),
            pairs=digest_of(FACEVOICE.pairs),
            code=source_digest("crossmodal.cli:evaluate", f"{FACEVOICE_CODE}.evaluate"),
        shell:
            "python -m crossmodal --log {log} evaluate facevoice --edition {params.edition} --corpus {params.corpus}"
            " --families {params.families} --seeds {params.seeds}"
            " --corpus-results {params.folder} --out {params.out} --threads {threads}"


rule facevoice_collect:
    input:
        if_served("facevoice", [f"{run}/metrics.csv" for run in FACEVOICE_RUNS]),
    output:
        f"{FACEVOICE_RESULTS}/metrics.csv",
    log:
        f"{LOGS}/facevoice_collect.log",
    benchmark:
        f"{BENCHMARKS}/facevoice_collect.tsv"
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


rule facevoice_artefacts:
    input:
        f"{FACEVOICE_RESULTS}/metrics.csv",
        if_served(
            "facevoice",
            [
                f"{run}/{file}"
                for run in FACEVOICE_RUNS
                for file in ("run.json", "scores.npz")
            ],
        ),
        if_served(
            "facevoice",
            [
                f"{FACEVOICE_RESULTS}/tuning/{corpus}/margin.csv"
                for corpus in FACEVOICE_PLANS
            ],
        ),
        "src/crossmodal/papers/facevoice/reported.csv",
    output:
        artefact_files("facevoice", FACEVOICE.artefacts, paper_title("facevoice")),
    log:
        f"{LOGS}/facevoice_artefacts.log",
    benchmark:
        f"{BENCHMARKS}/facevoice_artefacts.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        edition=SETTINGS.edition,
        results=subpath(output[0], ancestor=2),
        settings=digest_of(FACEVOICE),
        code=source_digest("crossmodal.cli:artefacts", f"{FACEVOICE_CODE}.figures"),
    shell:
        "python -m crossmodal --log {log} artefacts facevoice --edition {params.edition} --results {params.results}"


rule facevoice_claims:
    input:
        f"{FACEVOICE_RESULTS}/metrics.csv",
        if_served(
            "facevoice",
            [
                f"{run}/{file}"
                for run in FACEVOICE_RUNS
                for file in ("run.json", "scores.npz")
            ],
        ),
        claims="config/claims/facevoice.csv",
    output:
        judged_claims("facevoice"),
    log:
        f"{LOGS}/facevoice_claims.log",
    benchmark:
        f"{BENCHMARKS}/facevoice_claims.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        results=subpath(output[0], parent=True),
        asked=CLAIMS_ASKED,
        code=source_digest("crossmodal.cli:claims"),
    shell:
        "python -m crossmodal --log {log} claims --claims {input.claims}"
        " --results {params.results} --out {output} {params.asked}"


rule facevoice:
    input:
        rules.facevoice_artefacts.output,
        rules.facevoice_claims.output,
