"""Cross-modal audio-visual learning: regenerate every figure, table and verdict.

    snakemake --cores 8 --resources gpu=2                         all papers, stand-in data
    snakemake --cores 2 hashing                                   one paper
    snakemake --cores 2 --until train                             trainings, and what they need
    snakemake --cores 2 --config edition=public mirror=FOLDER     real data
    snakemake --cores 2 --config edition=own corpus=NAME          your videos (crossmodal init-corpus)

Inputs are corpora (made here, downloaded, or yours), steps are commands of `crossmodal`, outputs
lie below results/<edition>. How to run (cores, clusters) stands in profiles/, what to run in
config/config.yaml.
"""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"


# Only `--sdm apptainer` looks at it; docs/clusters.md says how it is built. Relative, because
# Snakemake takes no address with a blank, not even in the path of the checkout.
container: literal(os.path.relpath(f"{workflow.basedir}/envs/crossmodal.sif"))


include: "workflow/rules/corpora.smk"
include: "workflow/rules/windows.smk"
include: "workflow/rules/papers.smk"
include: "workflow/rules/benchmark.smk"
include: "workflow/rules/report.smk"


# On a cluster these run where Snakemake does: nodes often have no network, and the others are light.
localrules:
    settings,
    download,
    report,


# Every file is asked for, not the page alone: what is absent is made again.
rule all:
    default_target: True
    input:
        "<results>/report.html",
        every_file,


onstart:
    write_text(Path(RUN_FILE), as_json(EDITION.as_dict()) + "\n")
    say_what_is_expected(workflow.dag)
    handle_in_a_thread(signal.SIGTERM)


# What a killed job would go on from is of no use once it is known to be done.
onsuccess:
    for paper in [*PLANS, BENCHMARK]:
        EDITION.results.paper(paper).clear_states()
    if Path(PAGE).is_file():
        logger.info(f"Open {PAGE}", extra={"page": PAGE})
