"""The jobs that simulate and select the samples of a search, and their files.

A job has a sample and a variation, its first: variations that share nominal's decays are done with
nominal.  Its events are simulated in memory, read where they are on file, or those of its parts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from searches.definitions import NOMINAL, STAGES
from searches.differences import told_apart

#: A sample has so many chunks at least (`lnvsearch.chunks`), and no experiment has smaller ones otherwise.
_FEWEST_CHUNKS, _SMALLEST_CHUNK = 4, 10_000


class SampleJobs:
    """The part of a search that describes the jobs of its samples."""

    def variation_at(self, stage: str, name: str) -> str:
        """The variation whose file at `stage` is used for `name`; from its own stage on, `name` itself.

        A variation by weights has nominal's events and selection.
        """
        if self.is_by_weights(name):
            return NOMINAL
        begins = STAGES.index(self.variation(name)["stage"])
        return name if STAGES.index(stage) >= begins else NOMINAL

    def is_by_weights(self, variation: str) -> bool:
        """Whether a variation is nominal's events with other weights."""
        return bool(self.variation(variation).get("by_weights"))

    def job_of(self, variation: str) -> str:
        """The variation whose job does this one, too: that of nominal for all that share its decays."""
        return self.variation_at("generation", variation)

    @cached_property
    def jobs(self) -> dict[tuple[str, str], list[str]]:
        """The variations of a job's selections by (sample, variation of the job), itself first."""
        jobs: dict[tuple[str, str], list[str]] = {}
        for sample, variation in self.runs():
            jobs.setdefault((sample, self.job_of(variation)), []).append(variation)
        return jobs

    def selected_together(self, sample: str, job: str) -> list[str]:
        """The variations of the selections in a job, itself first."""
        return self.jobs.get((sample, job), [job])

    def recorded_together(self, sample: str, job: str) -> list[str]:
        """Those of them that have recorded events of their own, itself first."""
        together = self.selected_together(sample, job)
        return [name for name in together if self.is_recorded_again(name)]

    def is_recorded_again(self, variation: str) -> bool:
        """Whether a variation has its own recorded events and does not use those of nominal."""
        return self.variation_at("detector", variation) == variation

    def number_of_parts(self, sample: str, job: str) -> int:
        """Jobs into which a sample is cut; one where its events are kept."""
        largest = self.config.get("events_per_job")
        if largest is None or self.config["keep_events"]:
            return 1
        n_events = self.number_of_events(sample, job)
        # Jobs take whole chunks, of which there are hardly more: others would be empty.
        return min(-(-n_events // largest), max(_FEWEST_CHUNKS, n_events // _SMALLEST_CHUNK))

    def simulations(self, sample: str, job: str) -> dict[str, Mapping]:
        """Simulation settings of all variations of a job: all of the first, only the differences of the others."""
        return told_apart({
            name: self.simulation_parameters(sample, name)
            for name in self.recorded_together(sample, job)
        })

    def sample_inputs(self, sample: str, job: str) -> dict:
        """Files that the selection of a sample reads: its events, or what simulates them."""
        parts = range(self.number_of_parts(sample, job))
        if len(parts) > 1:
            return {
                name: [self.part_file(sample, job, part, suffix) for part in parts]
                for name, suffix in (("parts", "root"), ("counts", "pickle"))
            }
        maps = {"maps": self.identification_files(sample, job)}
        if self.has_event_file(sample, job):
            return {**maps, "events": self.recorded_file(sample, job)}
        return {**maps, **self.simulation_inputs(sample, job)}

    def part_inputs(self, sample: str, job: str) -> dict:
        """Files that a part of a sample reads."""
        maps = {"maps": self.identification_files(sample, job)}
        return {**maps, **self.simulation_inputs(sample, job)}

    def selections(self, sample: str, job: str) -> dict[str, Mapping]:
        """Selection settings of all variations of a job, and the variation whose events each selects.

        Whole of the first, what differs of the others.
        """
        return told_apart({
            name: {
                "events": self.variation_at("detector", name),
                **({"by_weights": True} if self.is_by_weights(name) else {}),
                **self.selection_parameters(sample, name),
            }
            for name in self.selected_together(sample, job)
        })

    def has_event_file(self, sample: str, job: str) -> bool:
        """Whether a sample's recorded events are written: another search reads them, or the user."""
        is_shared = (sample, job) in self.shared and self.number_of_parts(sample, job) == 1
        return self.config["keep_events"] or is_shared

    def recorded_file(self, sample: str, job: str = NOMINAL) -> str:
        """Recorded events of all variations of a job; shared ones are in one search's folder."""
        folder = self.shared.get((sample, job), self.name)
        return f"results/{folder}/recorded/{sample}/{job}.root"

    def part_file(self, sample: str, job: str, part: int, suffix: str) -> str:
        """Candidates (`root`) or counts (`pickle`) of a part of a sample."""
        return f"results/{self.name}/parts/{sample}/{job}/{part}.{suffix}"

    def selected_file(self, sample: str, variation: str = NOMINAL) -> str:
        """Candidates of a variation, and of all that are done in one job with it."""
        return f"results/{self.name}/selected/{sample}/{self.job_of(variation)}.root"

    def run_files(self, folder: str, channel: str) -> list[str]:
        """One table for each job that selects a sample of the channel."""
        names = set(self.samples_of(channel))
        return [
            f"results/{self.name}/{folder}/{sample}/{job}.csv"
            for sample, job in self.jobs if sample in names
        ]
