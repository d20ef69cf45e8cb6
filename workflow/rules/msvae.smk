"""MS-VAE (Srijay, Balla): one latent space for face and voice.

Inputs are the windows and features of VoxCeleb1. Per corpus and split: train every family and seed
in one job, because they are small. Per corpus: score all runs. Then tables, figures and verdicts.
"""

from crossmodal.papers.msvae.plan import KIND, CorpusPlan

MSVAE = PAPER["msvae"]
MSVAE_RESULTS = f"{RESULTS}/msvae"
MSVAE_CODE = "crossmodal.papers.msvae"
MSVAE_PLANS = {
    corpus: CorpusPlan(
        MSVAE, corpus, SEEDS, f"{RESULTS}/corpora/{corpus}/{KIND}", MSVAE_RESULTS
    )
    for corpus in MSVAE.corpora
    if corpus in CORPORA
}
MSVAE_RUNS = [run for plan in MSVAE_PLANS.values() for run in plan.runs()]


for corpus, plan in MSVAE_PLANS.items():

    for split in plan.splits():

        rule:
            name:
                f"msvae_train_{corpus}_{split}"
            input:
                plan.inputs(split),
            output:
                expand(
                    "{run}/{file}",
                    run=plan.runs(split),
                    file=["checkpoint.pt", "history.csv", "run.json"],
                ),
            log:
                f"{LOGS}/msvae_train/{corpus}/{split}.log",
            benchmark:
                f"{BENCHMARKS}/msvae_train/{corpus}/{split}.tsv"
            conda:
                ENVIRONMENT
            threads: 1
            resources:
                gpu=1,
                mem_mb=growing(6000),
                runtime=growing(720),
            params:
                corpus=corpus,
                source=corpus_source(corpus),
                families=plan.families(split),
                seeds=SEEDS,
                edition=SETTINGS.edition,
                folder=subpath(input[0], parent=True),
                out=subpath(output[0], ancestor=5),
                settings=digest_of(MSVAE.training_settings(split)),
                code=source_digest("crossmodal.cli:train", f"{MSVAE_CODE}.train"),
            shell:
                "python -m crossmodal --log {log} train msvae --edition {params.edition} --corpus {params.corpus}"
                " --source {params.source} --families {params.families} --seeds {params.seeds}"
                " --corpus-results {params.folder} --out {params.out} --threads {threads}"

    rule:
        name:
            f"msvae_evaluate_{corpus}"
        input:
            features=plan.inputs(),
            windows=[f"{plan.windows}/{name}.npy" for name in ("pictures", "waves")],
            runs=[
                f"{run}/{file}"
                for run in plan.runs()
                for file in ("checkpoint.pt", "history.csv")
            ],
        output:
            expand(
                "{run}/{file}",
                run=plan.runs(),
                file=["scores.npz", "metrics.csv", "shown.npz"],
            ),
            plan.sample(),
        log:
            f"{LOGS}/msvae_evaluate/{corpus}.log",
        benchmark:
            f"{BENCHMARKS}/msvae_evaluate/{corpus}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=growing(8000),
            runtime=growing(240),
        params:
            corpus=corpus,
            families=plan.families(),
            seeds=SEEDS,
            edition=SETTINGS.edition,
            folder=subpath(input[0], parent=True),
            out=subpath(output[0], ancestor=5),
            protocol=digest_of(MSVAE.protocol),
            code=source_digest("crossmodal.cli:evaluate", f"{MSVAE_CODE}.evaluate"),
        shell:
            "python -m crossmodal --log {log} evaluate msvae --edition {params.edition} --corpus {params.corpus}"
            " --families {params.families} --seeds {params.seeds}"
            " --corpus-results {params.folder} --out {params.out} --threads {threads}"


rule msvae_collect:
    input:
        if_served("msvae", [f"{run}/metrics.csv" for run in MSVAE_RUNS]),
    output:
        f"{MSVAE_RESULTS}/metrics.csv",
    log:
        f"{LOGS}/msvae_collect.log",
    benchmark:
        f"{BENCHMARKS}/msvae_collect.tsv"
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


rule msvae_artefacts:
    input:
        f"{MSVAE_RESULTS}/metrics.csv",
        if_served(
            "msvae",
            [
                f"{run}/{file}"
                for run in MSVAE_RUNS
                for file in ("run.json", "history.csv", "scores.npz", "shown.npz")
            ],
        ),
        if_served("msvae", [plan.sample() for plan in MSVAE_PLANS.values()]),
        "src/crossmodal/papers/msvae/reported.csv",
    output:
        artefact_files("msvae", MSVAE.artefacts, paper_title("msvae")),
    log:
        f"{LOGS}/msvae_artefacts.log",
    benchmark:
        f"{BENCHMARKS}/msvae_artefacts.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        edition=SETTINGS.edition,
        results=subpath(output[0], ancestor=2),
        settings=digest_of(MSVAE),
        code=source_digest("crossmodal.cli:artefacts", f"{MSVAE_CODE}.figures"),
    shell:
        "python -m crossmodal --log {log} artefacts msvae --edition {params.edition} --results {params.results}"


rule msvae_claims:
    input:
        f"{MSVAE_RESULTS}/metrics.csv",
        if_served(
            "msvae",
            [
                f"{run}/{file}"
                for run in MSVAE_RUNS
                for file in ("run.json", "scores.npz")
            ],
        ),
        claims="config/claims/msvae.csv",
    output:
        judged_claims("msvae"),
    log:
        f"{LOGS}/msvae_claims.log",
    benchmark:
        f"{BENCHMARKS}/msvae_claims.tsv"
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


rule msvae:
    input:
        rules.msvae_artefacts.output,
        rules.msvae_claims.output,
