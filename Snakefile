"""Cross-modal audio-visual learning: regenerate every figure, table and verdict.

    snakemake --cores 8 --resources gpu=2                         all papers, stand-in data
    snakemake --cores 2 hashing                                   one paper
    snakemake --cores 2 --config edition=public mirror=FOLDER     real data

Inputs are corpora (made here, downloaded, or yours), steps are commands of `crossmodal`, outputs
lie below results/<edition>. How to run (cores, clusters) stands in profiles/, what to run in
config/config.yaml.
"""

from snakemake.utils import min_version

min_version("9.27")


configfile: "config/config.yaml"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/corpora.smk"
include: "workflow/rules/alignment.smk"
include: "workflow/rules/features.smk"


for paper in PAPERS:

    include: f"workflow/rules/{paper}.smk"


include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        f"{RESULTS}/report.html",
