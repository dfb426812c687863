// The worst air on which everything must still work: of the frames, both ways, a tenth gets lost, a tenth comes twice, and a tenth is overtaken.

import type { AirFaults } from "../../simulator/simulator.ts";

export const roughAir: AirFaults = { loss: 0.1, duplicate: 0.1, reorder: 0.1 };
