"""Runs commands on files that mean harm, and sees what they take and what they open.

    run.py VAE FOLDER [--slow]

FOLDER holds good.h5 and what tests/hostile/make.py made: checkpoint-*.h5 and data-*. Of each the commands must end with
status 1 and one line without control characters on standard error, within 10 s of processor time and 512 MB of resident
memory, and, by strace where it is, open nothing that they do not open on a file without fault, but the file itself.
What is called harmless-* may also end with status 0. --slow has every run traced; else one in each file's row is.
Ends with a line "N passed, N failed, N skipped" and status 0 or 1.
"""
import glob
import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

SECONDS, BYTES, WORKERS = 10, 512 << 20, 2
FAR = 120  # seconds by the clock, far beyond what a machine with other work takes

vae, folder, slow = sys.argv[1], sys.argv[2], '--slow' in sys.argv
checkpoint_commands = [
    ('verify', ['verify', '{file}']),
    ('info', ['info', '{file}']),
    ('sample', ['sample', '{file}', '--out', '{out}.png']),
    ('eval', ['eval', '{file}', '--data', 'digits:20', '--samples', '0']),
]
data_commands = [
    ('data', ['data', '{file}']),
    ('train', ['train', 'vae', '--data', '{file}', '--epochs', '1', '--latent', '2', '--encoder=', '--decoder=',
               '--out', '{out}.h5']),
]
number = iter(range(1 << 30))
turn = threading.Lock()


def traced():
    try:
        return subprocess.run(['strace', '-f', '-e', 'trace=open', 'true'], capture_output=True).returncode == 0
    except OSError:
        return False


def run(arguments, file, trace):
    """Status (below 0: a signal), standard error, seconds, bytes, paths opened."""
    with turn:
        name = 'outs/%d' % next(number)
    line = [vae] + [a.format(file=file, out=name) for a in arguments]
    if trace:
        line = ['strace', '-f', '-qq', '-e', 'trace=open,openat,openat2,execve', '-o', name + '.trace'] + line
    # Filters that somebody has installed serve data, as they do with every program; a checkpoint has none of them.
    environment = dict(os.environ)
    if 'data-' in file:
        environment.pop('HDF5_PLUGIN_PATH', None)
    with open(name + '.stdout', 'wb') as out, open(name + '.stderr', 'wb') as err:
        child = subprocess.Popen(line, stdout=out, stderr=err, stdin=subprocess.DEVNULL, env=environment)
        alarm = threading.Timer(FAR, child.kill)
        alarm.start()
        _, how, used = os.wait4(child.pid, 0)
        alarm.cancel()
        child.returncode = 0
    status = os.waitstatus_to_exitcode(how)
    said = open(name + '.stderr', 'rb').read()
    paths = set()
    if trace:
        text = open(name + '.trace', errors='replace').read()
        paths = set(re.findall(r'(?:open|openat|openat2|execve)\((?:AT_FDCWD, )?"([^"]*)"', text))
    return status, said, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, paths


def innocent(arguments, file):
    """What the command opens on a file with nothing wrong."""
    status, said, _, _, paths = run(arguments, file, True)
    if status:
        sys.exit('%s: %r on %s' % (arguments, said, file))
    return paths


def faults(name, arguments, file, trace, usual, harmless):
    status, said, seconds, size, paths = run(arguments, file, trace)
    if status != 1 and not (harmless and status == 0):
        yield 'status %d' % status
    if status == 1 and (said.count(b'\n') != 1 or not said.endswith(b'\n') or re.search(rb'[\x00-\x09\x0b-\x1f\x7f]', said)):
        yield 'no line without control characters: %r' % said
    if seconds >= SECONDS:
        yield '%.1f s' % seconds
    if size >= BYTES:
        yield '%d MB' % (size >> 20)
    own = {file} | {os.path.join(root, f) for root, _, fs in os.walk(file) for f in fs}
    for path in sorted(paths - usual - own):
        # A process's own memory and limits; places for results, which are asked for before anything is read.
        # What is below /dev/null cannot be: so libhdf5 calls a file in memory, and asks after it.
        # LLVM's OpenMP library registers itself under the number of the process.
        if not path.startswith(('/proc/', '/sys/', 'outs', '/dev/null', '/dev/shm/__KMP_REGISTERED_LIB_')):
            if 'data-' not in file or not re.search('/plugins?$', path):
                yield 'opened %s' % path
    largest.append((size, seconds, name, file))


largest = []


def check(job):
    name, arguments, file, trace, usual = job
    harmless = 'harmless-' in os.path.basename(file)
    found = list(faults(name, arguments, file, trace, usual, harmless))
    for fault in found:
        print('FAILED  vae %s %s: %s' % (name, file, fault), flush=True)
    return not found


os.chdir(folder)
os.makedirs('outs', exist_ok=True)
tracing = traced()
jobs = []
for kind, good, commands in (('checkpoint', 'good.h5', checkpoint_commands), ('data', None, data_commands)):
    usual = {}
    for file in sorted(glob.glob(kind + '-*')):
        # Of data, a file of the same kind.
        like = good or next(g for g in sorted(glob.glob('good-*'))
                            if os.path.isdir(g) == os.path.isdir(file) and os.path.splitext(g)[1] == os.path.splitext(file)[1])
        for place, (name, arguments) in enumerate(commands):
            if tracing and (name, like) not in usual:
                usual[name, like] = innocent(arguments, like)
            jobs.append((name, arguments, file, tracing and (slow or not place), usual.get((name, like), set())))
with ThreadPoolExecutor(WORKERS) as pool:
    results = list(pool.map(check, jobs))
largest.sort(reverse=True)
print('most memory: %d MB (vae %s %s); most time: %.1f s (vae %s %s)' % (
    (largest[0][0] >> 20,) + largest[0][2:] + max((s, n, f) for _, s, n, f in largest)))
if not tracing:
    print('skipped  which files are opened: strace is not there, or may not trace')
print('%d passed, %d failed, %d skipped' % (sum(results), len(results) - sum(results), not tracing))
sys.exit(not all(results))
