"""Which minimum does each optimiser find? Leaves out/animate-descent.gif."""

from pathlib import Path

from command_line import run

from minigrad import Tensor, optim, viz


def himmelblau(p: Tensor) -> Tensor:
    return (p[0] ** 2 + p[1] - 11) ** 2 + (p[0] + p[1] ** 2 - 7) ** 2


def main(out: Path) -> None:
    paths = {}
    for name, kind, lr in (("SGD", optim.SGD, 0.01), ("Adam", optim.Adam, 0.5)):
        p = Tensor([0.0, -1.0], requires_grad=True, dtype=float)
        optimizer, paths[name] = kind([p], lr=lr), [p.data.copy()]
        for _ in range(20):
            optimizer.zero_grad()
            himmelblau(p).backward()
            optimizer.step()
            paths[name].append(p.data.copy())
        print(f"{name} is at a loss of {himmelblau(p).item():.4f}")
    viz.animate_descent(himmelblau, paths).save(out / "animate-descent.gif", "pillow", dpi=60)
    print(f"Look at {out / 'animate-descent.gif'}")


if __name__ == "__main__":
    run(main, __doc__)
