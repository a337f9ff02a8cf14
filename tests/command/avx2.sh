#!/bin/sh
# The program on a processor that has AVX2 and no AVX-512: it says which kernels it uses, it trains and evaluates, and
# the bits are those of the same kernels where they are asked for by name.
#
#     SOURCE=. VAE=build/vae tests/command/avx2.sh
#
# qemu-x86_64 (Debian's qemu-user) is such a processor; without it, or where another kind of processor is at work, that
# part is skipped. Ends with the line "N passed, N failed" (", N skipped") and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"

# Small, for an emulator takes a thousand times as long; its products are our own loops', which no library shares.
small() { # ARGUMENT...
    set -- train vae --data digits:40 --latent 2 --encoder 'dense 9 relu' --decoder 'dense 9 relu' --batch 16 \
        --epochs 1 --threads 2 "$@"
    "$VAE" "$@"
}

# ---- By name ----

told 2 '--kernels' train vae --data digits:40 --out a.h5 --kernels
told 1 'kernels "sse" are not known or not for this processor' \
    train vae --data digits:40 --out a.h5 --kernels sse
check 'the best kernels are those that --version tells' sh -c "'$VAE' --version | grep -q '^kernels: '"
check 'generic kernels train' small --kernels generic --out generic.h5
does eval generic.h5 --data digits:40 --samples 3 --kernels generic
told 1 'kernels "sse" are not known' eval generic.h5 --data digits:40 --kernels sse
told 1 'precision bf16: expected ' train vae --data digits:40 --out a.h5 --precision bf16 --kernels generic
recorded() { # FILE KERNELS
    h5dump -a /kernels "$1" | grep -q "\"$2"
}
check 'the checkpoint tells generic kernels' recorded generic.h5 generic
[ "$(uname -m)" = x86_64 ] || { skip 'kernels of x86-64: not on this processor'; finish; }
if small --kernels avx2 --out avx2.h5 >stdout 2>stderr; then
    check 'the checkpoint tells AVX2 kernels' recorded avx2.h5 avx2
else
    check 'without AVX2 its kernels are refused' grep -q 'kernels "avx2" are not known' stderr
fi

# ---- In bf16 ----

has_bf16=
if "$VAE" --version | grep -q '^precisions: float32, bf16$'; then
    has_bf16=yes
    check 'bf16 trains' small --precision bf16 --out bf16.h5
    cp bf16.h5 first.h5
    told 0 '^  precision      bf16$' info bf16.h5
    told 0 '"precision": "bf16"' info bf16.h5 --json
    told 2 '--precision cannot change with --resume' train --resume bf16.h5 --precision float32
    told 1 'precision bf16: expected kernels "avx512", found "avx2"' train --resume bf16.h5 --epochs 2 --kernels avx2
    check 'what cannot go on loses nothing' cmp bf16.h5 first.h5
    told 0 '^data    digits:40: .*, bf16$' train --resume bf16.h5 --epochs 2
    told 0 '^  precision      bf16$' info bf16.h5
    does eval bf16.h5 --data digits:40 --samples 3 --kernels generic
else
    skip 'bf16: this processor has none'
    told 1 'precision bf16: expected a processor with AVX512_BF16' train vae --data digits:40 --out a.h5 --precision bf16
fi
told 0 '^  precision      float32$' info generic.h5

# ---- On a processor of that kind ----

command -v qemu-x86_64 >emulator || { skip 'a processor with AVX2 alone: there is no qemu-x86_64'; finish; }
LC_ALL=C grep -q __asan_init "$VAE" && { skip 'a processor with AVX2 alone: an emulator has no room for a sanitizer'; finish; }
# It tells on standard error what of Haswell it has not, none of which is a vector instruction.
haswell() { # ARGUMENT...
    qemu-x86_64 -cpu Haswell "$VAE" "$@" 2>stderr
}
haswell --version >stdout 2>stderr
check 'on Haswell: AVX2 kernels' grep -q '^kernels: avx2' stdout
check 'on Haswell: float32 alone' grep -q '^precisions: float32$' stdout
haswell models >stdout
check 'on Haswell: models' grep -q '^vae  *' stdout
native=$VAE
printf '#!/bin/sh\nexec qemu-x86_64 -cpu Haswell "%s" "$@"\n' "$native" >on_haswell
chmod +x on_haswell
VAE=$work/on_haswell
check 'on Haswell: trains' small --out haswell.h5
check 'on Haswell: the checkpoint tells AVX2 kernels' recorded haswell.h5 avx2
"$VAE" eval haswell.h5 --data digits:40 --samples 3 --json >haswell.json 2>stderr
check 'on Haswell: evaluates' grep -q '"nll": 5' haswell.json
about 'on Haswell: AVX-512 kernels are refused'
"$VAE" eval haswell.h5 --data digits:40 --kernels avx512 >stdout 2>stderr && complain
grep -q 'kernels "avx512" are not known or not for this processor' stderr || complain
count
haswell_refuses() { # ARGUMENT...: bf16, in one line among the emulator's
    about "on Haswell: bf16 is refused: vae $*"
    "$VAE" "$@" >stdout 2>stderr && complain
    grep -q 'precision bf16: expected a processor with AVX512_BF16, found one, or a build, without it' stderr || complain
    count
}
haswell_refuses train vae --data digits:40 --out a.h5 --precision bf16
check 'on Haswell: what is refused is not begun' [ ! -e a.h5 ]
if [ "$has_bf16" ]; then
    cp first.h5 there.h5
    haswell_refuses train --resume there.h5 --epochs 2
    check 'on Haswell: what cannot go on loses nothing' cmp first.h5 there.h5
    "$VAE" info there.h5 >stdout 2>stderr
    check 'on Haswell: what was trained in bf16 is read' grep -q '^  precision      bf16$' stdout
    "$VAE" eval there.h5 --data digits:40 --samples 1 >stdout 2>stderr
    check 'on Haswell: what was trained in bf16 is evaluated' grep -q '^nll' stdout
fi
VAE=$native
if [ -f avx2.h5 ]; then
    same avx2.h5 haswell.h5
    "$VAE" eval haswell.h5 --data digits:40 --samples 3 --json --kernels avx2 >native.json 2>stderr
    check 'on Haswell: the figures of AVX2 kernels here' cmp haswell.json native.json
else
    skip 'the bits of AVX2 kernels: this processor has none'
fi
finish
