#!/bin/sh
# Bad input to the command line, case by case: the exit status, one line on standard error with the expected words, and
# no output left behind.
#
#     VAE=build/vae DAMAGE=build/damage tests/command/bad_input.sh
#
# DAMAGE is the program of damage.c, which spoils good checkpoints; without it those cases are skipped. Ends with the
# line "N passed, N failed" (", N skipped") and status 0 or 1.
set -u
LC_ALL=C
export LC_ALL
case ${VAE:?expected VAE=path of the program} in
*/*) VAE=$(cd "$(dirname "$VAE")" && pwd)/$(basename "$VAE") ;;
esac
case ${DAMAGE:=} in
*/*) DAMAGE=$(cd "$(dirname "$DAMAGE")" && pwd)/$(basename "$DAMAGE") ;;
esac
work=$(mktemp -d) || exit 1
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
cd "$work" || exit 1
passed=0 failed=0 skipped=0

complain() {
    printf 'FAILED  %s: %s\n' "$name" "$1"
    sed 's/^/        /' stderr
    verdict=no
}

# refuse STATUS WORDS ARGUMENT...: runs the program; WORDS is an extended regular expression.
refuse() {
    status=$1 words=$2
    shift 2
    name="vae $*" verdict=yes
    ls -A . >before
    "$VAE" "$@" >stdout 2>stderr </dev/null
    found=$?
    ls -A . >after
    [ $found = "$status" ] || complain "expected status $status, found $found"
    [ "$(wc -l <stderr)" = 1 ] || complain "expected one line on standard error, found $(wc -l <stderr)"
    grep -Eq -e "$words" stderr || complain "expected the words \"$words\""
    cmp -s before after || complain "left behind: $(comm -13 before after | tr '\n' ' ')"
    [ $verdict = yes ] && passed=$((passed + 1)) || failed=$((failed + 1))
    rm -f out.h5 out.png
}

# same FILE: what stood at FILE before must stand there still; FILE.kept is its copy.
same() {
    name="$1 after a refusal" verdict=yes
    cmp -s "$1" "$1.kept" || complain "has changed"
    [ $verdict = yes ] && passed=$((passed + 1)) || failed=$((failed + 1))
}

skip() {
    printf 'skipped  %s\n' "$1"
    skipped=$((skipped + 1))
}

# ---- Files ----

# Numbers as IDX has them: 32 bits, the highest byte first.
words32() {
    for number; do
        printf "$(printf '\\%03o\\%03o\\%03o\\%03o' $((number >> 24 & 255)) $((number >> 16 & 255)) \
            $((number >> 8 & 255)) $((number & 255)))"
    done
}

images() { # ROWS HEIGHT WIDTH
    words32 2051 "$1" "$2" "$3"
    head -c $(($1 * $2 * $3)) /dev/zero
}

labels() { # ROWS CLASS: half of them 0, half of them CLASS
    words32 2049 "$1"
    row=0
    while [ $row -lt "$1" ]; do
        printf "$(printf '\\%03o' $((row % 2 * $2)))"
        row=$((row + 1))
    done
}

folder() { # NAME HEIGHT WIDTH CLASS: a good data set
    mkdir "$1"
    images 20 "$2" "$3" >"$1/train-images-idx3-ubyte"
    labels 20 "$4" >"$1/train-labels-idx1-ubyte"
    images 10 "$2" "$3" >"$1/t10k-images-idx3-ubyte"
    labels 10 "$4" >"$1/t10k-labels-idx1-ubyte"
}

touch stdout stderr before after
folder good 4 4 3
folder wide 4 5 3
folder classes 4 4 9
mkdir empty
good="--data good --epochs 1"

# ---- Commands, options, numbers ----

refuse 2 'expected a command'
refuse 2 '"trian": no such command.*did you mean train' trian
refuse 2 '"": no such command' ''
refuse 2 '--help lists them|no such command' -x
refuse 2 'expected nothing behind --version, found "junk"' --version junk
refuse 2 'expected nothing behind --help, found "train"' --help train
refuse 2 'expected MODEL, or --resume' train $good --out out.h5
refuse 2 '"cvea": no such model; did you mean cvae' train cvea $good --out out.h5
refuse 2 '"transformer": no such model' train transformer $good --out out.h5
refuse 2 'expected one MODEL, found "cvae" behind "vae"' train vae cvae $good --out out.h5
refuse 2 '--epoch: no such option; did you mean --epochs' train vae --data good --epoch 1 --out out.h5
refuse 2 '--frobnicate: no such option' train vae $good --out out.h5 --frobnicate
refuse 2 '-x: no such option' train vae $good --out out.h5 -x
refuse 2 '--seed: given twice' train vae $good --out out.h5 --seed 1 --seed 1
refuse 2 '--out: expected FILE.h5 behind it, found the end' train vae $good --out
refuse 2 '--out: expected FILE.h5 behind it, found the option --data' train vae --out --data good
refuse 2 '--out: expected FILE.h5, found an empty' train vae $good --out=
refuse 2 '--json: takes no value' train vae $good --out out.h5 --json=yes
refuse 2 'expected --data SRC' train vae --out out.h5
refuse 2 'expected --out FILE.h5' train vae --data good
refuse 2 'expected options alone, found "vae"' models vae
for number in 12x -3 0 1e99 1e3 nan inf '' ' 5' '5 ' 0x10 99999999999999999999 1.5; do
    refuse 2 '--epochs: expected a whole number from 1 to' train vae --data good --out out.h5 --epochs "$number"
done
for number in 12x -3 0 1e99 1e999 nan inf '' ' 1' 0x1p3 1e 0,5; do
    refuse 2 '--learning-rate: expected a number from' train vae $good --out out.h5 --learning-rate "$number"
done
for number in -1 1.0 1e-9x nan 1.5 -0.1 0. ''; do
    refuse 2 '--validation: expected a whole number .* or a fraction' train vae $good --out out.h5 --validation "$number"
done
refuse 2 '--batch: expected a whole number from 1' train vae $good --out out.h5 --batch 0
refuse 2 '--latent: expected a whole number from 1' train vae $good --out out.h5 --latent 0
refuse 2 '--threads: expected a whole number from 0' train vae $good --out out.h5 --threads -1
refuse 2 '--seed: expected a whole number from 0' train vae $good --out out.h5 --seed -1
refuse 1 '--validation: expected 1 to 19 of 20 training rows, found "20"' train vae $good --out out.h5 --validation 20
refuse 1 'found "0.001", which is none of them' train vae $good --out out.h5 --validation 0.001
refuse 1 'found "0.999", which is all of them' train vae $good --out out.h5 --validation 0.999
refuse 1 'expected 2 training rows or more to hold some out, found 1' train vae --data digits:1 --epochs 1 \
    --out out.h5 --validation 1

# ---- Words of the little language ----

refuse 2 'vae: encoder: .*"dens": no such layer' train vae $good --out out.h5 --encoder 'dens 500 relu'
refuse 2 'vae: encoder: layer 2.*UNITS' train vae $good --out out.h5 --encoder 'dense 5 relu, dense -5 relu'
refuse 2 'vae: decoder: .*rleu' train vae $good --out out.h5 --decoder 'dense 5 rleu'
refuse 2 'vae: likelihood: .*"poison"' train vae $good --out out.h5 --likelihood poison
refuse 2 'vae: likelihood: .*sigma' train vae $good --out out.h5 --likelihood 'gaussian sigma=-1'
refuse 2 'vae: transform: .*"units"' train vae $good --out out.h5 --transform units
refuse 2 'vae: posterior: .*"gauss"' train vae $good --out out.h5 --posterior gauss
refuse 2 'vae: prior: .*"flat"' train vae $good --out out.h5 --prior flat
refuse 2 'vae: objective: .*"iwae"' train vae $good --out out.h5 --objective iwae

# ---- Data ----

train() { # WORDS SRC [MODEL]
    refuse 1 "$1" train "${3:-vae}" --data "$2" --epochs 1 --out out.h5
}
copy() { # NAME: a copy of the good data to spoil
    rm -rf spoilt
    cp -r good spoilt
    rm "spoilt/$1"
}

train 'nowhere.*expected' nowhere
train 'good/train-images-idx3-ubyte.*found a file' good/train-images-idx3-ubyte
train 'empty.*train-images-idx3-ubyte' empty
for number in 0 12x -3 99999999999999999999 ''; do
    refuse 2 "digits:$number: expected digits:N" train vae --data "digits:$number" --epochs 1 --out out.h5
done

mkdir spoilt
copy train-images-idx3-ubyte
images 20 4 4 | gzip | head -c 25 >spoilt/train-images-idx3-ubyte.gz
train 'train-images-idx3-ubyte.gz.*(gzip|end|truncated|cut)' spoilt
copy train-images-idx3-ubyte
images 20 4 4 >spoilt/train-images-idx3-ubyte.gz
train 'train-images-idx3-ubyte.gz.*gzip' spoilt
copy train-images-idx3-ubyte
{ words32 2052 20 4 4 && head -c 320 /dev/zero; } >spoilt/train-images-idx3-ubyte
train 'train-images-idx3-ubyte.*magic|train-images-idx3-ubyte.*expected' spoilt
copy train-images-idx3-ubyte
: >spoilt/train-images-idx3-ubyte
train 'train-images-idx3-ubyte.*expected' spoilt
copy train-images-idx3-ubyte
words32 2051 4294967295 4294967295 4294967295 >spoilt/train-images-idx3-ubyte
train 'train-images-idx3-ubyte.*expected' spoilt
copy train-images-idx3-ubyte
words32 2051 0 4 4 >spoilt/train-images-idx3-ubyte
train 'train-images-idx3-ubyte.*expected' spoilt
copy train-images-idx3-ubyte
words32 2051 2000000000 28 28 | gzip >spoilt/train-images-idx3-ubyte.gz
train 'train-images-idx3-ubyte.gz' spoilt
copy train-images-idx3-ubyte
images 20 4 4 | head -c 300 >spoilt/train-images-idx3-ubyte
train 'train-images-idx3-ubyte.*expected' spoilt
copy train-images-idx3-ubyte
{ images 20 4 4 && printf x; } >spoilt/train-images-idx3-ubyte
train 'train-images-idx3-ubyte.*expected' spoilt
copy train-images-idx3-ubyte
{ images 20 4 4 && printf x; } | gzip >spoilt/train-images-idx3-ubyte.gz
train 'train-images-idx3-ubyte.gz.*expected' spoilt
copy train-labels-idx1-ubyte
labels 19 3 >spoilt/train-labels-idx1-ubyte
train 'train-(labels|images)-idx.*(19|20).*(19|20)' spoilt
copy train-labels-idx1-ubyte
train 'condition "digit", found no such field: train-labels-idx1-ubyte\[.gz\] is not there' spoilt cvae
copy t10k-labels-idx1-ubyte
train 'condition "digit", found no such field: t10k-labels-idx1-ubyte\[.gz\] is not there' spoilt cvae
: >closed
chmod 0 closed
if [ -r closed ]; then
    skip 'an unreadable file: this user reads all'
else
    rm -rf spoilt && cp -r good spoilt && chmod 0 spoilt/train-images-idx3-ubyte
    train 'train-images-idx3-ubyte.*[Pp]ermission' spoilt
fi

# ---- Where the result goes ----

: >file
refuse 1 'folder missing.*No such file' train vae $good --out missing/out.h5
refuse 1 '(expected file to be a folder|Not a directory)' train vae $good --out file/out.h5
refuse 1 'expected a file to write, found a folder' train vae $good --out empty
refuse 1 'found a folder' train vae $good --out empty/
ln -s nowhere.h5 link.h5
refuse 1 'link.h5: cannot follow this link: No such file' train vae $good --out link.h5
long=$(head -c 250 /dev/zero | tr '\0' x)
refuse 1 'File name too long' train vae $good --out "$long"
# A path of a message's length: what is wrong stands at the end.
deep=$(head -c 200 /dev/zero | tr '\0' y)
mkdir -p "$deep/$deep/$deep"
cp good/train-images-idx3-ubyte "$deep/$deep/$deep/"
printf x >>"$deep/$deep/$deep/train-images-idx3-ubyte"
train '^vae train: yyy.* \.\.\. .*expected 336 bytes for 20 × 4 × 4, found 337$' "$deep/$deep/$deep"
mkfifo pipe
refuse 1 'special file' train vae $good --out pipe
echo 'dear diary' >diary.h5
cp diary.h5 diary.h5.kept
refuse 1 'found a file of another kind' train vae $good --out diary.h5
same diary.h5
if [ -r closed ]; then
    refuse 1 'folder /proc: cannot be written' train vae $good --out /proc/out.h5
else
    mkdir shut && chmod 555 shut
    refuse 1 'shut.*cannot be written.*[Pp]ermission' train vae $good --out shut/out.h5
    refuse 1 'shut.*cannot be written.*[Pp]ermission' sample none.h5 --out shut/out.png
fi
refuse 2 'ends in .png, .h5 or .hdf5, found "out.jpg"' sample none.h5 --out out.jpg
refuse 2 'expected --out' sample none.h5
refuse 1 'folder missing' sample none.h5 --out missing/out.png

# ---- Checkpoints ----

"$VAE" train cvae --data good --epochs 1 --latent 2 --encoder 'dense 8 relu' --decoder 'dense 8 relu' \
    --out model.h5 >stdout 2>stderr || { cat stderr; exit 1; }
"$VAE" train vae --data good --epochs 1 --latent 2 --encoder 'dense 8 relu' --decoder 'dense 8 relu' \
    --out plain.h5 >stdout 2>stderr || { cat stderr; exit 1; }
cp model.h5 model.h5.kept

# each WORDS FILE: every command that reads a checkpoint refuses it.
each() {
    refuse 1 "$1" info "$2"
    refuse 1 "$1" eval "$2" --data good
    refuse 1 "$1" sample "$2" --out out.png
    refuse 1 "$1" train --resume "$2" --epochs 2
}

each 'none.h5.*No such file' none.h5
each 'empty.*folder' empty
each 'diary.h5: (expected|not an HDF5 file)' diary.h5
each 'file: (expected|not an HDF5 file)' file
head -c 3000 model.h5 >cut.h5
each 'cut.h5: ' cut.h5
{ head -c 100 model.h5 && head -c 5000 /dev/urandom; } >noise.h5
each 'noise.h5: ' noise.h5
if [ -n "$DAMAGE" ]; then
    for fault in newer-version other-format missing-tensor wrong-shape wrong-type wrong-checksum wrong-declaration \
        soft-link extra-filter variable-string not-a-checkpoint; do
        cp model.h5 spoilt.h5
        "$DAMAGE" "$fault" spoilt.h5 || exit 1
        each 'spoilt.h5: .*(expected|found|refused|not a libvae checkpoint)' spoilt.h5
        cp spoilt.h5 spoilt.h5.kept
        refuse 1 'expected .*libvae samples.*, found (a libvae checkpoint|an HDF5 file of another kind)' \
            sample model.h5 --out spoilt.h5
        same spoilt.h5
        case $fault in
        newer-version) refuse 1 'version.*2' info spoilt.h5 ;;
        wrong-shape | missing-tensor) refuse 1 'decoder/0/weight' info spoilt.h5 ;;
        wrong-checksum) refuse 1 'decoder/0/weight.*(crc32|checksum)' info spoilt.h5 ;;
        not-a-checkpoint)
            cp spoilt.h5 spoilt.h5.kept
            refuse 1 'libvae checkpoint to replace: spoilt.h5: not a libvae checkpoint' train vae $good --out spoilt.h5
            same spoilt.h5
            ;;
        esac
    done
else
    skip 'checkpoints with a fault inside: no DAMAGE program'
fi

refuse 2 '--split: expected train, validation, test or all' eval model.h5 --data good --split tset
refuse 2 'expected --data SRC' eval model.h5
refuse 2 'expected FILE.h5, found none' eval --data good
refuse 1 'expected validation rows, found none; there are train 20, test 10' eval model.h5 --data good --split validation
mkdir single && cp good/train-* single
refuse 2 'expected --split, .*train 20' eval model.h5 --data single
refuse 1 '4.*5' eval model.h5 --data wide
refuse 1 '(class|digit).*9' eval model.h5 --data classes
refuse 1 'classes: expected the data that the training began with .*good, digest' train --resume model.h5 --epochs 2 --data classes
refuse 2 '--samples: expected a whole number' eval model.h5 --data good --samples -1
refuse 2 '--class: expected a class from 0 to 3, found 4' sample model.h5 --out out.png --class 4
refuse 2 '--class: expected a whole number' sample model.h5 --out out.png --class x
refuse 2 '--class: expected a model with classes' sample plain.h5 --out out.png --class 0
refuse 2 '--count: expected a whole number from 1' sample model.h5 --out out.png --count 0
refuse 2 '--count: expected a whole number from 1 to 10000000,' sample model.h5 --out out.png --count 10000001
refuse 2 'out.png: picture: expected sides of at most' sample model.h5 --out out.png --count 10000000
refuse 2 '--temperature: expected a number' sample model.h5 --out out.png --temperature -1
refuse 1 'found a libvae checkpoint' sample model.h5 --out model.h5
refuse 1 'found a file of another kind' sample model.h5 --out diary.h5
refuse 2 '--batch cannot change with --resume' train --resume model.h5 --epochs 2 --batch 64
refuse 2 '--encoder cannot change with --resume' train --resume model.h5 --epochs 2 --encoder 'dense 3'
refuse 2 'MODEL cannot change with --resume' train vae --resume model.h5 --epochs 2
mv good moved
refuse 1 'good: expected .*; --data tells where the same data lies now' train --resume model.h5 --epochs 2
mv moved good
# What a file has that a terminal would obey is printed as '?'.
[ -z "$DAMAGE" ] || {
    cp model.h5 loud.h5 && "$DAMAGE" control-characters loud.h5
    name='info of a loud checkpoint' verdict=yes
    "$VAE" info loud.h5 >stdout 2>stderr
    grep -q 'loud?\[31m' stdout || complain 'expected the control character as ?'
    tr -d '\n' <stdout | grep -q '[[:cntrl:]]' && complain 'found control characters'
    [ $verdict = yes ] && passed=$((passed + 1)) || failed=$((failed + 1))
}
same model.h5
same diary.h5

# ---- Output that is not read, files that are too large ----

# told STATUS WORDS: what the last command, with its status in `found`, has said.
told() {
    verdict=yes
    [ "$found" = "$1" ] || complain "expected status $1, found $found"
    [ "$(grep -Ec -e "$2" stderr)" = 1 ] || complain "expected the words \"$2\""
    [ $verdict = yes ] && passed=$((passed + 1)) || failed=$((failed + 1))
}
name='training whose lines nobody reads'
small="train vae --data good --latent 2 --encoder= --decoder= --out piped.h5"
{ sleep 1; "$VAE" $small --epochs 40 2>stderr; echo $? >status; } | :
found=$(cat status)
told 1 'cannot be written: Broken pipe; the checkpoint is kept'
"$VAE" info piped.h5 >stderr 2>&1
found=$?
told 0 '^training    40 epochs'
# A lower limit would be an OpenMP library's as well: some share a small file between their threads.
name='a file beyond the limit of its size'
rm -f piped.h5
(ulimit -f 20 && "$VAE" $small --epochs 1 >/dev/null 2>"$work/pipe.err" 3>&-)
found=$?
mv pipe.err stderr
told 1 'piped.h5: cannot write: File too large'
name='nothing beside it'
found=$(find . -name 'piped.h5*' | wc -l)
: >stderr
[ "$found" = 0 ] && passed=$((passed + 1)) || { complain 'left behind'; failed=$((failed + 1)); }
name='a command line as a shell takes it'
"$VAE" train vae --data good --epochs 1 --latent 2 --encoder= --decoder= --out "it's.h5" >stdout 2>stderr
found=$?
"$VAE" info "it's.h5" >stderr 2>&1
told 0 "--encoder= --decoder= --out 'it'\\\\''s.h5'\$"
name='resuming what is done'
cp model.h5 done.h5
"$VAE" train --resume done.h5 --epochs 1 >stderr 2>&1
found=$?
told 0 '1 epoch: nothing was left to do'
name='resuming to the total that was asked for before'
"$VAE" train --resume done.h5 >stderr 2>&1
found=$?
told 0 '1 epoch: nothing was left to do'
name='samples replace samples'
"$VAE" sample model.h5 --out samples.h5 --count 1 >stdout 2>stderr && "$VAE" sample model.h5 --out samples.h5 >stderr 2>&1
found=$?
told 0 'samples.h5: 40 samples'

printf '%d passed, %d failed' $passed $failed
[ $skipped = 0 ] && echo || echo ", $skipped skipped"
[ $failed = 0 ]
