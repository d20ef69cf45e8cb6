"""Hashing (Radhakrishnan): image-text retrieval through short codes.

Inputs are the manifests and features of Wikipedia and NUS-WIDE-10K. Per corpus and method: search
the settings on training pairs, train every code length and seed. Per corpus: score all runs.
Then tables, figures and verdicts.
"""

from itertools import product

HASHING = PAPER["hashing"]
HASHING_RESULTS = f"{RESULTS}/hashing"
HASHING_CORPORA = [corpus for corpus in HASHING.corpora if corpus in CORPORA]
HASHING_CODE = "crossmodal.papers.hashing"


def hashing_families(corpus, method=None):
    """Return the families of a method (or all) whose features the corpus has."""
    methods = [method] if method else list(HASHING.methods)
    features = [HASHING.features[corpus].image, *corpus_features(corpus)]
    return [name for each in methods for name in HASHING.families_of(each, features)]


def hashing_runs(corpus, method=None):
    """Return the run folders of a corpus."""
    return [
        f"{HASHING_RESULTS}/runs/{corpus}/{variant}/seed{seed}"
        for family in hashing_families(corpus, method)
        for variant, _ in HASHING.variants(family)
        for seed in SEEDS
    ]


def hashing_inputs(corpus, method=None):
    """Return manifest and features that a method's families read."""
    used = {HASHING.features[corpus].image, HASHING.features[corpus].text}
    used |= {HASHING.families[name].image_feature for name in hashing_families(corpus, method)}
    folder = f"{RESULTS}/corpora/{corpus}"
    return [f"{folder}/manifest.csv", *(f"{folder}/{name}.npy" for name in sorted(used - {None}))]


def hashing_settings_digest(corpus, method):
    """Digest what the search and the training of a method depend on."""
    return digest_of(
        HASHING.methods.get(method),
        HASHING.search.get(method),
        HASHING.tuning,
        HASHING.bits,
        HASHING.features[corpus],
        {name: HASHING.families[name].settings for name in hashing_families(corpus, method)},
    )


def hashing_artefacts():
    """Return every figure and table with its place in Snakemake's own report."""
    for name, artefact in HASHING.artefacts.items():
        suffixes = ("svg", "png") if artefact.kind == "figure" else ("csv", "md")
        for suffix in suffixes:
            path = f"{HASHING_RESULTS}/{artefact.kind}s/{name}.{suffix}"
            shown = suffix in ("svg", "csv")
            labels = {"artefact": name, "what": artefact.title}
            yield report(path, category="hashing", labels=labels) if shown else path


for corpus, method in product(HASHING_CORPORA, HASHING.methods):

    rule:
        name:
            f"hashing_tune_{corpus}_{method}"
        input:
            hashing_inputs(corpus, method),
        output:
            f"{HASHING_RESULTS}/tuning/{corpus}/{method}.csv",
        params:
            corpus=corpus,
            method=method,
            families=hashing_families(corpus, method),
            folder=f"{RESULTS}/corpora/{corpus}",
            settings=hashing_settings_digest(corpus, method),
            code=source_digest("crossmodal.cli:tune", f"{HASHING_CODE}.tune"),
        log:
            f"{LOGS}/hashing_tune/{corpus}/{method}.log",
        benchmark:
            f"{BENCHMARKS}/hashing_tune/{corpus}/{method}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=0 if method in ("cvh", "smfh") else 1,
            mem_mb=4000,
            runtime=120,
        shell:
            "python -m crossmodal --log {log} tune hashing {OPTIONS} --corpus {params.corpus}"
            " --method {params.method} --families {params.families}"
            " --corpus-results {params.folder} --out {output} --threads {threads}"

    rule:
        name:
            f"hashing_train_{corpus}_{method}"
        input:
            features=hashing_inputs(corpus, method),
            tuning=f"{HASHING_RESULTS}/tuning/{corpus}/{method}.csv",
        output:
            expand(
                "{run}/{file}",
                run=hashing_runs(corpus, method),
                file=["checkpoint.pt", "history.csv", "run.json"],
            ),
        params:
            corpus=corpus,
            source=corpus_source(corpus),
            families=hashing_families(corpus, method),
            seeds=SEEDS,
            folder=f"{RESULTS}/corpora/{corpus}",
            out=HASHING_RESULTS,
            settings=hashing_settings_digest(corpus, method),
            code=source_digest("crossmodal.cli:train", f"{HASHING_CODE}.train"),
        log:
            f"{LOGS}/hashing_train/{corpus}/{method}.log",
        benchmark:
            f"{BENCHMARKS}/hashing_train/{corpus}/{method}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            gpu=0 if method in ("cvh", "smfh") else 1,
            mem_mb=4000,
            runtime=240,
        shell:
            "python -m crossmodal --log {log} train hashing {OPTIONS} --corpus {params.corpus}"
            " --source {params.source} --families {params.families} --seeds {params.seeds}"
            " --corpus-results {params.folder} --tuning {input.tuning} --out {params.out}"
            " --threads {threads}"


for corpus in HASHING_CORPORA:

    rule:
        name:
            f"hashing_evaluate_{corpus}"
        input:
            features=hashing_inputs(corpus),
            checkpoints=[f"{run}/checkpoint.pt" for run in hashing_runs(corpus)],
        output:
            expand(
                "{run}/{file}",
                run=hashing_runs(corpus),
                file=["scores.npz", "metrics.csv", "curves.csv"],
            ),
        params:
            corpus=corpus,
            families=hashing_families(corpus),
            seeds=SEEDS,
            folder=f"{RESULTS}/corpora/{corpus}",
            out=HASHING_RESULTS,
            protocol=digest_of(HASHING.protocol),
            code=source_digest("crossmodal.cli:evaluate", f"{HASHING_CODE}.evaluate"),
        log:
            f"{LOGS}/hashing_evaluate/{corpus}.log",
        benchmark:
            f"{BENCHMARKS}/hashing_evaluate/{corpus}.tsv"
        conda:
            ENVIRONMENT
        threads: 1
        resources:
            mem_mb=4000,
            runtime=120,
        shell:
            "python -m crossmodal --log {log} evaluate hashing {OPTIONS} --corpus {params.corpus}"
            " --families {params.families} --seeds {params.seeds}"
            " --corpus-results {params.folder} --out {params.out} --threads {threads}"


rule hashing_collect:
    input:
        [f"{run}/metrics.csv" for corpus in HASHING_CORPORA for run in hashing_runs(corpus)],
    output:
        f"{HASHING_RESULTS}/metrics.csv",
    params:
        runs=[run for corpus in HASHING_CORPORA for run in hashing_runs(corpus)],
        code=source_digest("crossmodal.cli:collect"),
    log:
        f"{LOGS}/hashing_collect.log",
    benchmark:
        f"{BENCHMARKS}/hashing_collect.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=1000,
        runtime=10,
    shell:
        "python -m crossmodal --log {log} collect {params.runs} --out {output}"


rule hashing_artefacts:
    input:
        f"{HASHING_RESULTS}/metrics.csv",
        [
            f"{run}/{file}"
            for corpus in HASHING_CORPORA
            for run in hashing_runs(corpus)
            for file in ("run.json", "scores.npz", "curves.csv")
        ],
        "src/crossmodal/papers/hashing/reported.csv",
    output:
        list(hashing_artefacts()),
    params:
        results=HASHING_RESULTS,
        settings=digest_of(HASHING),
        code=source_digest("crossmodal.cli:artefacts", f"{HASHING_CODE}.figures"),
    log:
        f"{LOGS}/hashing_artefacts.log",
    benchmark:
        f"{BENCHMARKS}/hashing_artefacts.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=2000,
        runtime=30,
    shell:
        "python -m crossmodal --log {log} artefacts hashing {OPTIONS} --results {params.results}"


rule hashing_claims:
    input:
        f"{HASHING_RESULTS}/metrics.csv",
        [
            f"{run}/{file}"
            for corpus in HASHING_CORPORA
            for run in hashing_runs(corpus)
            for file in ("run.json", "scores.npz")
        ],
        claims="config/claims/hashing.csv",
    output:
        report(f"{HASHING_RESULTS}/claims.csv", category="hashing", labels={"artefact": "claims"}),
    params:
        results=HASHING_RESULTS,
        code=source_digest("crossmodal.cli:claims"),
    log:
        f"{LOGS}/hashing_claims.log",
    benchmark:
        f"{BENCHMARKS}/hashing_claims.tsv"
    conda:
        ENVIRONMENT
    resources:
        mem_mb=2000,
        runtime=30,
    shell:
        "python -m crossmodal --log {log} claims --claims {input.claims}"
        " --results {params.results} --out {output}"


rule hashing:
    input:
        rules.hashing_artefacts.output,
        rules.hashing_claims.output,
