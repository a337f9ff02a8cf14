#!/bin/sh
# vae bench on the command line: a report for people, one JSON object whose figures agree, and one line for what is
# wrong. Nothing is timed.
#
#     SOURCE=. VAE=build/vae tests/command/bench.sh
#
# PYTHON reads JSON, where it is there. Ends with the line "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

# ---- For people ----

told 0 '^model    vae, 652824 parameters, float32$' bench --data digits:300 --threads 2 --epochs 2
has() { # WORDS
    check "expected the line $1" grep -Eq -e "^$1\$" stdout
}
number='[0-9]+(\.[0-9]+)?(e-[0-9]+)?'
has 'data     digits:300: 300 examples; batches of 128 examples, 3 steps an epoch'
has "machine  2 threads; kernels $("$VAE" --version | sed -n 's/^kernels: //p')"
has "limit    $number GFLOP/s float32 \(before the epochs $number, after them $number\); (bf16 $number|no bf16 here)"
has "epoch    $number s, median of 2 epochs \($number to $number\); $number examples/s"
has 'work     0.984 GFLOP an epoch, 3.28 MFLOP an example'
has "speed    $number GFLOP/s, $number % of the limit"
has "memory   plan $number MB \($number without reuse, at least $number\); at most $number MB resident"
has "One more epoch, with time kept: $number s on 2 threads, seconds of all together"
has 'op +phase +seconds +share +of limit'
for phase in forward backward reduce; do
    has "affine +$phase +$number +$number % +$number %"
done
for op in wait order rest; do
    has "$op +$number +$number %"
done
has "total +$number"
check 'an empty line before the table, and no other' [ "$(grep -c '^$' stdout)" = 1 ]
check 'nothing but text' [ -z "$(grep '?' stdout)" ]
check 'no line has more than 100 letters' [ -z "$(grep '.\{101\}' stdout)" ]

told 0 '^model    cvae, ' bench cvae --data digits:60 --threads 1 --epochs 1 --batch 7
has 'data     digits:60: 60 examples; batches of 7 examples, 9 steps an epoch'
told 0 '^model    vae, 8666 parameters' bench vae --data digits:60 --threads 1 --epochs 1 --latent 2 \
    --encoder 'dense 4 tanh' --decoder 'dense 6 relu' --likelihood 'gaussian sigma=0.5'

# ---- For programs ----

told 0 '"of_limit"' bench --data digits:300 --threads 2 --epochs 3 --seed 4 --json
if python_has json; then
    holds 'one object of JSON, whose figures agree' <<'END'
import json, statistics
told = json.load(open("stdout"))
assert list(told) == ["model", "parameters", "data", "examples", "batch", "steps", "threads", "precision", "kernels",
                      "limit", "epochs", "seconds", "operations", "operations_per_second", "of_limit", "objective",
                      "memory", "profile"], list(told)
assert told["model"] == "vae" and told["data"] == "digits:300" and told["precision"] == "float32", told
assert (told["examples"], told["batch"], told["steps"], told["threads"]) == (300, 128, 3, 2), told
limit = told["limit"]
assert list(limit) == ["of_precision", "before", "after"], limit
assert limit["of_precision"] == max(limit[when]["float32"] for when in ("before", "after")), limit
assert all(limit[when]["bf16"] is None or limit[when]["bf16"] > 0 for when in ("before", "after")), limit
assert len(told["epochs"]) == 3 and told["seconds"] == statistics.median(told["epochs"]), told
assert told["operations"] == 300 * 3280000, told
near = lambda a, b: abs(a - b) <= 1e-9 * abs(b)
assert near(told["operations_per_second"], told["operations"] / told["seconds"]), told
assert near(told["of_limit"], told["operations_per_second"] / limit["of_precision"]), told
memory = told["memory"]
assert 0 < memory["lower_bound"] <= memory["planned"] <= memory["unshared"] < memory["peak_resident"], memory
rows = told["profile"]["rows"]
assert all(list(row) == ["op", "phase", "seconds", "operations"] for row in rows), rows
assert near(sum(row["seconds"] for row in rows), 2 * told["profile"]["seconds"]), told["profile"]
assert near(sum(row["operations"] for row in rows), told["operations"]), rows
assert {"affine", "order", "rest"} <= {row["op"] for row in rows}, rows
END
else
    skip 'no python3'
fi

# ---- In bf16 ----

if "$VAE" --version | grep -q '^precisions: float32, bf16$'; then
    told 0 '^model    vae, 652824 parameters, bf16$' bench --data digits:300 --threads 1 --epochs 1 --precision bf16
    has "limit    $number GFLOP/s bf16 \(before the epochs $number, after them $number\); float32 $number"
    has "speed    $number GFLOP/s, $number % of the limit, $number % of float32's"
    check 'no line has more than 100 letters' [ -z "$(grep '.\{101\}' stdout)" ]
else
    skip 'no bf16 here'
    check 'the precision that there is' sh -c "'$VAE' --version | grep -q '^precisions: float32$'"
    refused 1 'precision bf16: expected a processor with AVX512_BF16' bench --precision bf16
fi

# ---- What is wrong ----

refused 2 '--precision: expected float32 or bf16, found "float64"' bench --precision float64
refused 2 '"va": no such model; did you mean vae\?' bench va
refused 2 '--epochs: expected a whole number from 1 to' bench --epochs 0
refused 2 '--batch' bench --batch 0
refused 2 '--threads' bench --threads 1025
refused 2 'encoder: layer 1: "dens": no such layer' bench --encoder 'dens 4'
refused 2 '"more"' bench vae more
refused 1 'nowhere' bench --data nowhere
refused 2 'digits:0: expected digits:N' bench cvae --data digits:0
told 0 'Without MODEL it is vae' bench --help

finish
