"""Makes files that mean harm: checkpoints from a genuine one, and data.

    make.py FOLDER [--slow]

FOLDER/good.h5 is a checkpoint of cvae with one hidden layer of 8. Each function of checkpoints.py and data.py makes a
file of its name; what a careful reader may as well find nothing wrong with is called harmless_*. FOLDER/elsewhere.h5 and
elsewhere.bin are what files try to have opened.
"""
from checkpoints import make_bytes, make_checkpoints
from data import make_data

make_checkpoints()
make_bytes()
make_data()
