"""One event of a sample as a picture: the first that is selected, simulated once more."""

from figure_files import write_figure
from job import job
from overlays import sample_settings
from quick_start import ready_kernels


def draw_event(
    experiment, simulations, inputs, outputs, tree, title, sample, base_seed, n_events
):
    """Write PDF, PNG and CSV.

    The event is the first candidate in the `tree` of the file `selected`; where there is none, the
    first that was recorded (with four tracks of charge 0 at a collider), and the picture says so.
    `n_events`: of the sample, of which only those up to the event are simulated.
    """
    from lnvsearch.experiments.interface import load_experiment
    from lnvsearch.publication.figures.style import LABEL

    face = load_experiment(experiment)
    number = face.first_candidate(inputs.pop("selected"), tree)
    settings = sample_settings(simulations, inputs)
    name, first = next(iter(settings.items()))
    wanted = n_events if number is None else number + 1
    chunks = face.simulate_sample({name: first}, wanted, base_seed=base_seed, sample=sample)
    found = (face.pick_event(chunk[name], number) for chunk in chunks)
    event = next((one for one in found if one is not None), None)
    if event is None:
        raise ValueError(f"sample {sample}: no event to draw; raise its statistics")
    how = "selected" if number is not None else "not selected"
    drawing, numbers = face.draw_event(event, first["detector"], f"{title}: {how}", LABEL)
    write_figure(outputs, drawing, numbers)


if __name__ == "__main__":
    with job(snakemake):
        ready_kernels(snakemake.params.experiment, snakemake.config)
        draw_event(
            outputs={kind: snakemake.output[kind] for kind in ("pdf", "png", "csv")},
            inputs={k: v for k, v in snakemake.input.items() if k != "kernels"},
            **{name: snakemake.params[name] for name in (
                "experiment", "simulations", "tree", "title", "sample", "base_seed", "n_events",
            )},
        )
