// platform/lwip/address_text.c on the host, with the sanitizers of its compiler: each argument's bytes in hexadecimal and as text again, or "refused".

#include <stdio.h>

#include "address_text.h"

int main(int count, char **arguments)
{
	for (int i = 1; i < count; i++) {
		uint8_t address[ADDRESS_BYTES_MAX];
		char text[ADDRESS_TEXT_BYTES];
		size_t bytes = address_of_text(arguments[i], address);
		if (bytes == 0) {
			puts("refused");
			continue;
		}
		for (size_t at = 0; at < bytes; at++)
			printf("%02x", address[at]);
		address_text(text, address, bytes);
		printf(" %s\n", text);
	}
	return 0;
}
