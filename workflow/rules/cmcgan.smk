"""CMCGAN (Hao, Zhang, Guan): the picture from the sound, the sound from the picture.

Inputs are the windows and log-mels of Sub-URMP. Per corpus: train the classifiers first, because
they choose the epochs of the generators and judge them; then every other variant, all its seeds in
one job; score all runs. Then tables, figures, sounds to listen to, and verdicts.
"""

from crossmodal.papers.cmcgan.plan import RUN_FILES as CMCGAN_RUN_FILES
from crossmodal.papers.cmcgan.plan import SCORE_FILES as CMCGAN_SCORE_FILES
from crossmodal.papers.cmcgan.plan import CorpusPlan as CmcganPlan

CMCGAN = PAPER["cmcgan"]
CMCGAN_RESULTS = f"{RESULTS}/cmcgan"
CMCGAN_CODE = "crossmodal.papers.cmcgan"
CMCGAN_PLANS = {
    corpus: CmcganPlan(
        CMCGAN, corpus, SEEDS, f"{RESULTS}/corpora/{corpus}/cmcgan", CMCGAN_RESULTS
    )
    for corpus in CMCGAN.corpora
    if corpus in CORPORA and "cmcgan" in WINDOWS[corpus]
}
CMCGAN_RUNS = [run for plan in CMCGAN_PLANS.values() for run in plan.runs()]
CMCGAN_JOBS = [
    (corpus, plan, number, families)
    for corpus, plan in CMCGAN_PLANS.items()
    for number, families in enumerate(plan.jobs(ADDED["cmcgan"]))
]


for corpus, plan, number, families in CMCGAN_JOBS:

    rule:
        name:
            f"cmcgan_train_{corpus}_{number}"
        input:
            plan.inputs(),
            judges=sorted({file for family in families for file in plan.judges(family)}),
        output:
            expand("{run}/{file}", run=plan.runs(*families), file=CMCGAN_RUN_FILES),
        log:
            f"{LOGS}/cmcgan_train/{corpus}/{number}.log",
        benchmark:
            f"{BENCHMARKS}/cmcgan_train/{corpus}/{number}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=1,
            mem_mb=growing(8000),
            runtime=growing(2880),
        params:
            corpus=corpus,
            source=corpus_source(corpus),
            families=families,
            seeds=SEEDS,
            edition=SETTINGS.edition,
            folder=subpath(input[0], parent=True),
            out=subpath(output[0], ancestor=5),
            settings=digest_of([plan.training_settings(family) for family in families]),
            code=source_digest("crossmodal.cli:train", f"{CMCGAN_CODE}.train"),
        shell:
            "python -m crossmodal --log {log} train cmcgan --edition {params.edition} --corpus {params.corpus}"
            " --source {params.source} --families {params.families} --seeds {params.seeds}"
            " --corpus-results {params.folder} --out {params.out} --threads {threads}"


for corpus, plan in CMCGAN_PLANS.items():

    rule:
        name:
            f"cmcgan_evaluate_{corpus}"
        input:
            plan.inputs(),
            waves=f"{plan.corpus_results}/waves.npy",
            checkpoints=[f"{run}/checkpoint.pt" for run in plan.runs()],
        output:
            expand("{run}/{file}", run=plan.runs(), file=CMCGAN_SCORE_FILES),
        log:
            f"{LOGS}/cmcgan_evaluate/{corpus}.log",
        benchmark:
            f"{BENCHMARKS}/cmcgan_evaluate/{corpus}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=1,
            mem_mb=growing(12000),
            runtime=growing(480),
        params:
            corpus=corpus,
            families=plan.families(),
            seeds=SEEDS,
            edition=SETTINGS.edition,
            folder=subpath(input[0], parent=True),
            out=subpath(output[0], ancestor=5),
            settings=digest_of(plan.evaluation_settings()),
            code=source_digest("crossmodal.cli:evaluate", f"{CMCGAN_CODE}.evaluate"),
        shell:
            "python -m crossmodal --log {log} evaluate cmcgan --edition {params.edition} --corpus {params.corpus}"
            " --families {params.families} --seeds {params.seeds}"
            " --corpus-results {params.folder} --out {params.out} --threads {threads}"


rule cmcgan_collect:
    input:
        if_served("cmcgan", [f"{run}/metrics.csv" for run in CMCGAN_RUNS]),
    output:
        f"{CMCGAN_RESULTS}/metrics.csv",
    log:
        f"{LOGS}/cmcgan_collect.log",
    benchmark:
        f"{BENCHMARKS}/cmcgan_collect.tsv"
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


rule cmcgan_artefacts:
    input:
        f"{CMCGAN_RESULTS}/metrics.csv",
        if_served(
            "cmcgan",
            [
                f"{run}/{file}"
                for run in CMCGAN_RUNS
                for file in ("run.json", "scores.npz", "samples.npz")
            ],
        ),
        "src/crossmodal/papers/cmcgan/reported.csv",
    output:
        artefact_files("cmcgan", CMCGAN.artefacts, paper_title("cmcgan")),
        f"{CMCGAN_RESULTS}/figures/fig2_generated.listening.json",
    log:
        f"{LOGS}/cmcgan_artefacts.log",
    benchmark:
        f"{BENCHMARKS}/cmcgan_artefacts.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        edition=SETTINGS.edition,
        results=subpath(output[0], ancestor=2),
        settings=digest_of(CMCGAN),
        code=source_digest("crossmodal.cli:artefacts", f"{CMCGAN_CODE}.figures"),
    shell:
        "python -m crossmodal --log {log} artefacts cmcgan --edition {params.edition} --results {params.results}"


rule cmcgan_claims:
    input:
        f"{CMCGAN_RESULTS}/metrics.csv",
        if_served(
            "cmcgan",
            [
                f"{run}/{file}"
                for run in CMCGAN_RUNS
                for file in ("run.json", "scores.npz")
            ],
        ),
        claims="config/claims/cmcgan.csv",
    output:
        judged_claims("cmcgan"),
    log:
        f"{LOGS}/cmcgan_claims.log",
    benchmark:
        f"{BENCHMARKS}/cmcgan_claims.tsv"
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


rule cmcgan:
    input:
        rules.cmcgan_artefacts.output,
        rules.cmcgan_claims.output,
