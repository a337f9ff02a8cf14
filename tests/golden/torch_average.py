#!/usr/bin/env python3
"""Running averages of parameters by PyTorch's AveragedModel in float64.

    /usr/bin/python3 tests/golden/torch_average.py > tests/golden/torch_average.txt

"average" is followed by the decay and the number of steps; then come the first parameters, and for each step the
parameters behind it and their average.
"""
import torch

torch.manual_seed(4)
VALUES, STEPS = 9, 7


class Values(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.values = torch.nn.Parameter(torch.randn(VALUES, dtype=torch.float64).float().double())


def line(values):
    print(" ".join("%.17g" % value for value in values.detach().tolist()))


for decay in (0.3, 0.9, 0.999, 0.9999):
    module = Values()
    average = torch.optim.swa_utils.AveragedModel(module, avg_fn=lambda mean, new, count: decay * mean + (1 - decay) * new)
    average.update_parameters(module)  # the first are taken as they are
    print("average %g %d" % (decay, STEPS))
    line(module.values)
    for _ in range(STEPS):
        with torch.no_grad():
            module.values += (0.1 * torch.randn(VALUES, dtype=torch.float64)).float().double()
            module.values.copy_(module.values.float().double())
        average.update_parameters(module)
        line(module.values)
        line(average.module.values)
