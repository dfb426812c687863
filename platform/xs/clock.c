// Time as XS asks for it, from the board's wall clock. Local time is UTC.

#include <sys/time.h>
#include <time.h>

#include "wall_clock.h"

int clock_get_time_of_day(struct timeval *now, void *zone);
struct tm *clock_to_fields(const time_t *seconds);
time_t clock_from_fields(struct tm *fields);

int clock_get_time_of_day(struct timeval *now, void *zone)
{
	(void)zone;
	int64_t unix_ms = wall_clock_now_ms();
	now->tv_sec = unix_ms / 1000;
	now->tv_usec = unix_ms % 1000 * 1000;
	return 0;
}

struct tm *clock_to_fields(const time_t *seconds)
{
	static struct tm fields;
	return gmtime_r(seconds, &fields);
}

// Days since 1970-01-01 in the proleptic Gregorian calendar; months count from March, so that the leap day ends a year.
time_t clock_from_fields(struct tm *fields)
{
	int64_t year = (int64_t)fields->tm_year + 1900 + (fields->tm_mon - 2 < 0 ? -1 : 0);
	int64_t month = (fields->tm_mon + 10) % 12;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * month + 2) / 5 + fields->tm_mday - 1;
	int64_t days = era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
	return days * 86400 + fields->tm_hour * 3600 + fields->tm_min * 60 + fields->tm_sec;
}
