#!/usr/bin/env python3
"""Steps of optimisers and learning rates of schedules by PyTorch in float64.

    /usr/bin/python3 tests/golden/torch_optimizers.py > tests/golden/torch_optimizers.txt

"optimizer" is followed by the phrase that says the same to libvae; then come the parameters, and for each step the
gradient and the parameters behind it. "schedule" likewise, then the factor of every step of so many epochs. What libvae
calls rho is PyTorch's alpha. The learning rate is 0.01 and halves behind the third step.
"""
import torch

torch.manual_seed(2)
VALUES, STEPS, EPOCHS, STEPS_AN_EPOCH = 9, 6, 9, 4
OPTIMIZERS = {
    "adam": lambda p: torch.optim.Adam(p, lr=0.01),
    "adam beta1=0.5 beta2=0.9 epsilon=0.0001": lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.5, 0.9), eps=1e-4),
    "adamw": lambda p: torch.optim.AdamW(p, lr=0.01),
    "adamw decay=0.5 beta1=0.8": lambda p: torch.optim.AdamW(p, lr=0.01, betas=(0.8, 0.999), weight_decay=0.5),
    "sgd": lambda p: torch.optim.SGD(p, lr=0.01),
    "sgd momentum=0.9": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9),
    "nesterov": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9, nesterov=True),
    "nesterov momentum=0.5": lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.5, nesterov=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, lr=0.01),
    "adagrad epsilon=0.1": lambda p: torch.optim.Adagrad(p, lr=0.01, eps=0.1),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01),
    "rmsprop rho=0.9 epsilon=0.001 momentum=0.5": lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, eps=1e-3,
                                                                                 momentum=0.5),
}


def every(cls, **settings):
    """Factors of a schedule that goes on behind every step."""
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    schedule = cls(optimizer, **settings)
    factors = []
    for _ in range(EPOCHS * STEPS_AN_EPOCH):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return factors


def epochs(cls, **settings):
    """… behind every epoch."""
    return [factor for factor in every(cls, **settings)[:EPOCHS] for _ in range(STEPS_AN_EPOCH)]


def half_cosine(over, to):
    """CosineAnnealingLR rises again behind its end."""
    down = every(torch.optim.lr_scheduler.CosineAnnealingLR, T_max=over * STEPS_AN_EPOCH, eta_min=to)
    return [factor if i < over * STEPS_AN_EPOCH else to for i, factor in enumerate(down)]


def linear(over):
    count = over * STEPS_AN_EPOCH
    return every(torch.optim.lr_scheduler.LinearLR, start_factor=1 / count, end_factor=1.0, total_iters=count - 1)


SCHEDULES = {
    "constant": [1.0] * EPOCHS * STEPS_AN_EPOCH,
    "steps 1 4 factor=0.7197": epochs(torch.optim.lr_scheduler.MultiStepLR, milestones=[1, 4], gamma=0.7197),
    "steps 1 2 3 4 5 6 7 8 factor=0.5": epochs(torch.optim.lr_scheduler.MultiStepLR, milestones=range(1, 9), gamma=0.5),
    "cosine epochs=9": half_cosine(9, 0.0),
    "cosine epochs=5 to=0.1": half_cosine(5, 0.1),
    "exponential rate=0.9": epochs(torch.optim.lr_scheduler.ExponentialLR, gamma=0.9),
    "warm-up epochs=2": linear(2),
    "warm-up epochs=2, steps 3 6 factor=0.1": [a * b for a, b in zip(
        linear(2), epochs(torch.optim.lr_scheduler.MultiStepLR, milestones=[3, 6], gamma=0.1))],
}


def show(values):
    print(*(repr(float(v)) for v in values))


def draw():
    """Three digits, so that the text is short; a value has no gradient now and then."""
    return torch.round(torch.randn(VALUES, dtype=torch.float64) * 600) / 1000 * (torch.rand(VALUES) > 0.2)


for phrase, make in OPTIMIZERS.items():
    print("optimizer", phrase)
    parameter = draw().requires_grad_()
    optimizer = make([parameter])
    show(parameter.detach())
    for step in range(STEPS):
        optimizer.param_groups[0]["lr"] = 0.01 if step < 3 else 0.005
        parameter.grad = draw()
        show(parameter.grad)
        optimizer.step()
        show(parameter.detach())
for phrase, factors in SCHEDULES.items():
    print("schedule", phrase)
    show(factors)
