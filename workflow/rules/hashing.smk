"""Hashing (Radhakrishnan): image-text retrieval through short codes.

Inputs are the manifests and features of Wikipedia and NUS-WIDE-10K. Per corpus and method: search
the settings on training pairs, train every code length and seed. Per corpus: score all runs.
Then tables, figures and verdicts.
"""

from itertools import product

from crossmodal.papers.hashing.plan import LINEAR, CorpusPlan

HASHING = PAPER["hashing"]
HASHING_RESULTS = f"{RESULTS}/hashing"
HASHING_CODE = "crossmodal.papers.hashing"
HASHING_PLANS = {
    corpus: CorpusPlan(
        HASHING,
        corpus,
        corpus_features(corpus),
        SEEDS,
        f"{RESULTS}/corpora/{corpus}",
        HASHING_RESULTS,
    )
    for corpus in HASHING.corpora
    if corpus in CORPORA
}
HASHING_RUNS = [run for plan in HASHING_PLANS.values() for run in plan.runs()]


for (corpus, plan), method in product(HASHING_PLANS.items(), HASHING.methods):

    rule:
        name:
            f"hashing_tune_{corpus}_{method}"
        input:
            plan.inputs(method),
        output:
            f"{HASHING_RESULTS}/tuning/{corpus}/{method}.csv",
        log:
            f"{LOGS}/hashing_tune/{corpus}/{method}.log",
        benchmark:
            f"{BENCHMARKS}/hashing_tune/{corpus}/{method}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=0 if method in LINEAR else 1,
            mem_mb=growing(4000),
            runtime=growing(120),
        params:
            corpus=corpus,
            method=method,
            families=plan.families(method),
            edition=SETTINGS.edition,
            folder=subpath(input[0], parent=True),
            settings=digest_of(plan.training_settings(method)),
            code=source_digest("crossmodal.cli:tune", f"{HASHING_CODE}.tune"),
        shell:
            "python -m crossmodal --log {log} tune hashing --edition {params.edition} --corpus {params.corpus}"
            " --method {params.method} --families {params.families}"
            " --corpus-results {params.folder} --out {output} --threads {threads}"

    rule:
        name:
            f"hashing_train_{corpus}_{method}"
        input:
            features=plan.inputs(method),
            tuning=f"{HASHING_RESULTS}/tuning/{corpus}/{method}.csv",
        output:
            expand(
                "{run}/{file}",
                run=plan.runs(method),
                file=["checkpoint.pt", "history.csv", "run.json"],
            ),
        log:
            f"{LOGS}/hashing_train/{corpus}/{method}.log",
        benchmark:
            f"{BENCHMARKS}/hashing_train/{corpus}/{method}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=0 if method in LINEAR else 1,
            mem_mb=growing(4000),
            runtime=growing(240),
        params:
            corpus=corpus,
            source=corpus_source(corpus),
            families=plan.families(method),
            seeds=SEEDS,
            edition=SETTINGS.edition,
            folder=subpath(input[0], parent=True),
            out=subpath(output[0], ancestor=5),
            settings=digest_of(plan.training_settings(method)),
            code=source_digest("crossmodal.cli:train", f"{HASHING_CODE}.train"),
        shell:
            "python -m crossmodal --log {log} train hashing --edition {params.edition} --corpus {params.corpus}"
            " --source {params.source} --families {params.families} --seeds {params.seeds}"
            " --corpus-results {params.folder} --tuning {input.tuning} --out {params.out}"
            " --threads {threads}"


for corpus, plan in HASHING_PLANS.items():

    rule:
        name:
            f"hashing_evaluate_{corpus}"
        input:
            features=plan.inputs(),
            checkpoints=[f"{run}/checkpoint.pt" for run in plan.runs()],
        output:
            expand(
                "{run}/{file}",
                run=plan.runs(),
                file=["scores.npz", "metrics.csv", "curves.csv"],
            ),
        log:
            f"{LOGS}/hashing_evaluate/{corpus}.log",
        benchmark:
            f"{BENCHMARKS}/hashing_evaluate/{corpus}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=growing(4000),
            runtime=growing(120),
        params:
            corpus=corpus,
            families=plan.families(),
            seeds=SEEDS,
            edition=SETTINGS.edition,
            folder=subpath(input[0], parent=True),
            out=subpath(output[0], ancestor=5),
            protocol=digest_of(HASHING.protocol),
            code=source_digest("crossmodal.cli:evaluate", f"{HASHING_CODE}.evaluate"),
        shell:
            "python -m crossmodal --log {log} evaluate hashing --edition {params.edition} --corpus {params.corpus}"
            " --families {params.families} --seeds {params.seeds}"
            " --corpus-results {params.folder} --out {params.out} --threads {threads}"


rule hashing_collect:
    input:
        [f"{run}/metrics.csv" for run in HASHING_RUNS],
    output:
        f"{HASHING_RESULTS}/metrics.csv",
    log:
        f"{LOGS}/hashing_collect.log",
    benchmark:
        f"{BENCHMARKS}/hashing_collect.tsv"
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


rule hashing_artefacts:
    input:
        f"{HASHING_RESULTS}/metrics.csv",
        [
            f"{run}/{file}"
            for run in HASHING_RUNS
            for file in ("run.json", "scores.npz", "curves.csv")
        ],
        "src/crossmodal/papers/hashing/reported.csv",
    output:
        artefact_files("hashing", HASHING.artefacts, paper_title("hashing")),
    log:
        f"{LOGS}/hashing_artefacts.log",
    benchmark:
        f"{BENCHMARKS}/hashing_artefacts.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        edition=SETTINGS.edition,
        results=subpath(output[0], ancestor=2),
        settings=digest_of(HASHING),
        code=source_digest("crossmodal.cli:artefacts", f"{HASHING_CODE}.figures"),
    shell:
        "python -m crossmodal --log {log} artefacts hashing --edition {params.edition} --results {params.results}"


rule hashing_claims:
    input:
        f"{HASHING_RESULTS}/metrics.csv",
        [f"{run}/{file}" for run in HASHING_RUNS for file in ("run.json", "scores.npz")],
        claims="config/claims/hashing.csv",
    output:
        judged_claims("hashing"),
    log:
        f"{LOGS}/hashing_claims.log",
    benchmark:
        f"{BENCHMARKS}/hashing_claims.tsv"
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


rule hashing:
    input:
        rules.hashing_artefacts.output,
        rules.hashing_claims.output,
