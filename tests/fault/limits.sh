#!/bin/sh
# The limits of machines: each of them is worked with, or told in one line: a read-only folder, a full disk, no /dev/shm,
# 512 MB of address space, one core, more threads than cores, a locale with decimal commas, names with spaces and UTF-8,
# a terminal of 20 columns, standard output that nobody reads.
#
#     SOURCE=. VAE=build/vae COMMA=build/tests/comma tests/fault/limits.sh
#
# COMMA is the program of comma.c. What cannot be had here (unshare -rm, taskset, localedef, python3) is skipped with a
# word. Compares by h5diff (hdf5-tools). Ends with "N passed, N failed" (", N skipped") and status 0 or 1.
# Variables that are not set here are those of program.sh.
# shellcheck disable=SC2154
set -u
. "${SOURCE:?expected SOURCE=top of the source tree}/tests/support/program.sh"
COMMA=$(from_root "${COMMA:-}") || exit 1

small='vae --data digits:200 --latent 2 --encoder "dense 8 relu" --decoder "dense 8 relu" --batch 64'
# Whoever uses it wants its words.
train_small() { # PROGRAM ARGUMENT...
    program=$1
    shift
    eval "set -- train $small \"\$@\""
    "$program" "$@"
}

train_small "$VAE" --epochs 2 --out whole.h5 >stdout 2>stderr
check 'what is compared with' test -s whole.h5

# within SCRIPT: a shell script as the root of mounts of its own; its status is in $found. The program is "$VAE".
within() {
    VAE=$VAE small=$small unshare -rm sh -c "set -e; $1" >stdout 2>stderr </dev/null
    found=$?
}

# says STATUS WORDS WHAT: the program that was run last said these words in one line.
says() {
    about "$3"
    [ $found = "$1" ] || complain "expected status $1, found $found"
    [ "$(wc -l <stderr)" = 1 ] || complain 'expected one line'
    grep -Eq -e "$2" stderr || complain "expected the words \"$2\""
    count
}

# ---- Folders, disks, shared memory ----

if unshare -rm sh -c 'mount -t tmpfs none /mnt' >stdout 2>stderr; then
    mkdir closed kept
    cp whole.h5 closed
    closing='mount --bind closed closed; mount -o remount,bind,ro closed;'
    within "$closing eval \"exec '$VAE' train \$small --out closed/new.h5\""
    says 1 '^vae train: --out closed/new.h5: the folder closed: cannot be written: Read-only file system$' \
        'a read-only folder is told before training'
    within "$closing exec '$VAE' train --resume closed/whole.h5 --epochs 3"
    says 1 'the folder closed: cannot be written: Read-only file system$' 'a checkpoint in a read-only folder'
    check 'a read-only folder stays as it was' test "$(ls -A closed)" = whole.h5
    within "$closing '$VAE' verify closed/whole.h5; '$VAE' eval closed/whole.h5 --data digits:200 --samples 2;
        '$VAE' sample closed/whole.h5 --out kept/samples.png;
        '$VAE' train --resume closed/whole.h5 --epochs 3 --out kept/more.h5"
    check 'what is in a read-only folder is read and gone on with elsewhere' test $found = 0 -a ! -s stderr

    # A disk with room for one checkpoint and a half, and one with room for none.
    size=$(($(wc -c <whole.h5) * 3 / 2048))
    filling="mount -t tmpfs -o size=${size}k none kept;"
    within "$filling eval \"'$VAE' train \$small --epochs 3 --out kept/model.h5\" || test \$? = 1;
        cp kept/* .; ls -A kept >listed; exec '$VAE' verify model.h5"
    about 'a disk that becomes full'
    [ $found = 0 ] || complain 'the checkpoint is not whole'
    [ "$(cat listed)" = model.h5 ] || complain "left behind: $(cat listed)"
    [ "$(wc -l <stderr)" = 2 ] || complain 'expected two lines'
    grep -q 'No space left on device; the checkpoint of step 4 stays in kept/model.h5; training goes on$' stderr ||
        complain
    grep -q 'No space left on device; the checkpoint of step 4 stays in kept/model.h5$' stderr || complain
    count
    mkdir full
    for what in 'sample whole.h5 --out full/samples.h5' 'encode whole.h5 --data digits:200 --out full/latents.h5' \
        'sample whole.h5 --out full/samples.png' 'eval whole.h5 --data digits:200 --per-example full/each.h5'; do
        within "mount -t tmpfs -o size=4k none full; code=0; '$VAE' $what || code=\$?
            [ -z \"\$(ls -A full)\" ] || echo left behind >&2; exit \$code"
        says 1 'No space left on device$' "a full disk: $what"
    done

    # Nothing can be made in it, nor read. (LLVM's OpenMP library says that it needs it, and ends the program.)
    mkdir none
    if ldd "$VAE" 2>stderr | grep -q libomp; then
        skip 'no /dev/shm: the OpenMP library of this build needs it'
    else
        within "mount --bind none /dev/shm; mount -o remount,bind,ro /dev/shm;
            eval \"'$VAE' train \$small --epochs 2 --out without.h5\"; '$VAE' eval without.h5 --data digits:200 --samples 2"
        check 'without /dev/shm it trains and evaluates' test $found = 0 -a ! -s stderr
        same whole.h5 without.h5
    fi
else
    skip 'a read-only folder, a full disk, no /dev/shm: no mounts of our own'
fi
if [ "$(id -u)" != 0 ]; then
    mkdir refused
    chmod 500 refused
    refused 1 'the folder refused: cannot be written: Permission denied$' train vae --data digits:200 --out refused/a.h5
fi

# ---- Memory, cores, threads ----

if sanitized; then
    skip '512 MB of address space: a sanitizer takes more'
else
    # 8 MB of stack for each thread, and there are as many as cores.
    for what in 'train vae --data digits:2000 --epochs 1 --threads 2 --out little.h5' \
        'sample little.h5 --out little.png' 'eval little.h5 --data digits:2000 --samples 10 --threads 2'; do
        # shellcheck disable=SC2086
        check "512 MB of address space: $what" sh -c 'ulimit -v 524288 && exec "$@"' sh "$VAE" $what
    done
    about '110 MB of address space, of which libraries take most'
    # shellcheck disable=SC3045
    (ulimit -v 110000 && exec "$VAE" train vae --data digits:20000 --threads 1 --out less.h5 >stdout 2>stderr </dev/null)
    [ $? -le 127 ] || complain 'ended by a signal'
    [ -e less.h5 ] || grep -Eq 'no memory for [0-9]* bytes|loading shared libraries' stderr || complain
    [ -e less.h5 ] || [ "$(wc -l <stderr)" = 1 ] || complain 'expected one line'
    count
fi
if taskset -c 0 true 2>stderr; then
    on_core() { # ARGUMENT...
        taskset -c 0 "$VAE" "$@"
    }
    check 'one core: training' train_small on_core --epochs 2 --out core.h5
    same whole.h5 core.h5
else
    skip 'one core: no taskset'
fi
train_small "$VAE" --epochs 2 --threads 1 --out one.h5 >stdout 2>stderr
train_small "$VAE" --epochs 2 --threads 64 --out many.h5 >stdout 2>stderr
same one.h5 many.h5
same one.h5 many.h5 /optimizer
check '64 threads evaluate as one' sh -c '[ "$("$0" eval one.h5 --data digits:200 --samples 3 --json --threads 64)" = \
    "$("$0" eval one.h5 --data digits:200 --samples 3 --json --threads 1)" ]' "$VAE"

# ---- Decimal commas ----

# with_comma COMMAND...: within a locale that has them.
with_comma() {
    LOCPATH=$work/locales LC_ALL=de_DE.UTF-8 "$@"
}

# alike ARGUMENT...: the host with commas prints what the program does, and complains of the same.
alike() {
    about "with decimal commas: $*"
    "$VAE" "$@" >expected 2>&1 </dev/null
    status=$?
    with_comma "$COMMA" "$@" >stdout 2>&1 </dev/null
    [ $? = $status ] || complain "expected status $status"
    cmp stdout expected >difference || complain "$(cat difference)"
    count
}

# Under the program's name, which it prints.
mkdir locales host
ln -s "$COMMA" host/vae
COMMA=$work/host/vae
localedef -i de_DE -f UTF-8 locales/de_DE.UTF-8 >stdout 2>stderr
if [ -x "$COMMA" ] && [ "$(with_comma "$COMMA" point 2>stderr)" = , ]; then
    with_comma train_small "$COMMA" --epochs 2 --learning-rate 0.0025 --validation 0.1 --out comma.h5 >stdout 2>stderr
    check 'with decimal commas it trains' [ $? = 0 ]
    check 'and prints points' sh -c 'grep -q "elbo -[0-9]*\.[0-9]" stdout && ! grep -q "[0-9],[0-9]" stdout'
    train_small "$VAE" --epochs 2 --learning-rate 0.0025 --validation 0.1 --out point.h5 >stdout 2>stderr
    same point.h5 comma.h5
    alike verify comma.h5
    alike info comma.h5
    alike info comma.h5 --json
    alike eval comma.h5 --data digits:200 --samples 3
    alike eval comma.h5 --data digits:200 --samples 3 --json
    alike data digits:200 --json
    alike check vae
    alike graph vae
    alike models vae --json
    alike train vae --data digits:200 --learning-rate 0,5 --out none.h5
    alike sample comma.h5 --count 3 --out samples.h5 --json
    with_comma "$COMMA" train --resume comma.h5 --epochs 3 >stdout 2>stderr
    "$VAE" train --resume point.h5 --epochs 3 >stdout 2>stderr
    same point.h5 comma.h5
else
    skip 'decimal commas: no localedef, or no de_DE for it'
fi

# ---- Names ----

mkdir 'eine Mappe' 'eine Mappe/Prüfung – 数'
name='eine Mappe/Prüfung – 数/mein  Modell "1".h5'
check 'names with spaces and UTF-8: train' train_small "$VAE" --epochs 2 --out "$name"
same whole.h5 "$name"
does verify "$name"
told 0 'Prüfung – 数' train --resume "$name" --epochs 3
does sample "$name" --out 'eine Mappe/Ziffern ß.png'
does encode "$name" --data digits:200 --out 'eine Mappe/ z .h5'
told 0 'digits' info "$name" --json
refused 1 'Prüfung – 数/keines.h5: cannot open: No such file' \
    eval 'eine Mappe/Prüfung – 数/keines.h5' --data digits:200

# ---- Terminals and pipes ----

if python_has 'pty, termios'; then
    cat >narrow.py <<'END'
"""Runs a command on a terminal of 20 columns; no line that is drawn over another may be wider."""
import fcntl, os, pty, re, struct, sys, termios
child, terminal = pty.fork()
if not child:
    os.environ["TERM"] = "xterm"
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 20, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
said = b""
while True:
    try:
        more = os.read(terminal, 4096)
    except OSError:
        break
    if not more:
        break
    said += more
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert status == 0, (status, said)
drawn = re.findall(rb"\r([^\r\n]*)\x1b\[K", said)
print(len(drawn), "lines drawn, the widest", max(map(len, drawn), default=0))
assert any(b"epoch" in line for line in drawn), said
assert all(len(line) < 20 for line in drawn), drawn
END
    check 'a terminal of 20 columns' "$PYTHON" narrow.py "$VAE" train vae --data digits:20000 --epochs 2 --out narrow.h5
    check 'what is kept is whole' "$VAE" verify narrow.h5
else
    skip 'a terminal of 20 columns: no python3'
fi

# ended STATUS WORDS: what was said on standard error, by which it ended.
ended() {
    about "$3"
    [ "$(cat code)" = "$1" ] || complain "expected status $1, found $(cat code)"
    [ "$(wc -l <stderr)" = 1 ] || complain 'expected one line'
    grep -Eq -e "$2" stderr || complain "expected the words \"$2\""
    count
}
: >stdout
for out in 'a pipe nobody reads' 'no standard output' 'a full one'; do
    rm -f unread.h5
    case $out in
    a\ pipe*) { train_small "$VAE" --epochs 20 --out unread.h5 2>stderr; echo $? >code; } | head -n 1 >first ;;
    no*) train_small "$VAE" --epochs 20 --out unread.h5 2>stderr >&-; echo $? >code ;;
    *) train_small "$VAE" --epochs 20 --out unread.h5 2>stderr >/dev/full; echo $? >code ;;
    esac
    ended 1 '^vae train: standard output: cannot be written: .*; the checkpoint is kept$' "$out: training says so"
    told 0 '"epoch": 20, "step"' info unread.h5 --json
    does verify unread.h5
done
for command in models 'info whole.h5 --json' 'eval whole.h5 --data digits:200 --samples 2' '--help' 'data digits:20'; do
    # shellcheck disable=SC2086
    "$VAE" $command 2>stderr >&-
    echo $? >code
    ended 1 'standard output: cannot be written: Bad file descriptor$' "no standard output: $command"
done
finish
