/* The repetition and proportion tests of NIST SP 800-90B 4.4. See entropy_health.h. */
#include "entropy_health.h"

void entropy_health_start(entropy_health *health)
{
	*health = (entropy_health){0};
}

bool entropy_health_take(entropy_health *health, uint8_t sample)
{
	sample &= 1;
	if (health->started && sample == health->last) {
		if (++health->repetitions >= ENTROPY_HEALTH_REPETITION_CUTOFF)
			health->failed = true;
	} else {
		health->repetitions = 1;
		health->last = sample;
		health->started = true;
	}

	if (health->window_position == 0) {
		health->window_first = sample;
		health->window_matches = 0;
	}
	if (sample == health->window_first && ++health->window_matches >= ENTROPY_HEALTH_PROPORTION_CUTOFF)
		health->failed = true;
	if (++health->window_position == ENTROPY_HEALTH_WINDOW)
		health->window_position = 0;

	return !health->failed;
}
