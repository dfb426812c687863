/* Start of a bare program in the simulated RP2040: no boot ROM, no SDK, no clocks. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

extern uint8_t data_start[], data_end[], data_load[], bss_start[], bss_end[], stack_top[];
int main(int argc, char **argv);

void bare_start(void)
{
	memcpy(data_start, data_load, (size_t)(data_end - data_start));
	memset(bss_start, 0, (size_t)(bss_end - bss_start));
	main(0, 0);
	for (;;)
		;
}

__attribute__((section(".vectors"), used)) static const void *const vectors[] = {stack_top, (void *)bare_start};

void *_sbrk(ptrdiff_t count)
{
	static uint8_t *at = bss_end;
	uint8_t *before = at;

	at += count;
	return before;
}
