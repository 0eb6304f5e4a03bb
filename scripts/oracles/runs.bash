# What the scripts that compare features with their oracles share; they set `run`, and LEVELHEAD, PYTHON and SCRATCH are
# as in scripts/checks. What is compared is left in .build/oracles/, of which scripts/oracle-table makes its table.
oracles=scripts/oracles
summaries=.build/oracles
matrix=$SCRATCH/f.npy
named=()
mkdir --parents "$summaries"

features() { "$LEVELHEAD" features --every tick --out "$matrix" "$@"; }
synth() { "$LEVELHEAD" synth --no-mes "$@"; }

# Sums are formed directly at 200 of the rows, drawn with a fixed seed.
futures() {
    "$PYTHON" "$oracles/features.py" --export "$matrix" --direct-rows 200 --summary "$summaries/$run.json" "$@"
}

# options SUMMARY ARGUMENT...
options() {
    "$PYTHON" "$oracles/option_features.py" --export "$matrix" --summary "$summaries/$1.json" "${@:2}"
}

# each OPTION VALUE...: adds the option before every value to the array `named`.
each() {
    local option=$1 value
    shift
    for value in "$@"; do named+=("$option" "$value"); done
}

# session FOLDER: adds the future's tapes, statistics and definitions to `named`.
session() {
    each --tape "$1"/*.ES*.mbp-10.dbn.zst
    each --statistics "$1"/*.statistics.dbn.zst
    each --definition "$1"/*.definition.dbn.zst
}
