/*
 * P-256 in Jacobian coordinates and Montgomery's form. See p256.h.
 *
 * p256_multiply: fixed signed windows over the eight odd multiples, each looked
 * up by reading all of them, so that neither a branch nor an address depends on
 * the scalar. p256_multiply_add: two non-adjacent forms at once (Strauss), for
 * signatures, where everything is public.
 */
#include "p256.h"

#include <string.h>

#define WORDS P256_WORDS
/* Signed windows of 4 bits over 256 bits: odd digits -15 .. 15. */
#define WINDOW_BITS 4
#define WINDOWS 64
#define ODD_MULTIPLES 8
/* Width of the non-adjacent forms of p256_multiply_add: the same odd multiples. */
#define NAF_WIDTH 5
#define NAF_DIGITS 257

/* A residue times 2^256 modulo the prime (Montgomery), always below the prime. */
typedef p256_number field;

typedef struct jacobian {
	field x; /* X / Z^2 */
	field y; /* Y / Z^3 */
	field z;
} jacobian;

/* p = 2^256 - 2^224 + 2^192 + 2^96 - 1 */
static const field prime = {0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0, 0, 1, 0xFFFFFFFF};
static const field order = {0xFC632551, 0xF3B9CAC2, 0xA7179E84, 0xBCE6FAAD, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0xFFFFFFFF};
/* 2^256 mod p, which is one in Montgomery's form, and 2^512 mod p. */
static const field one = {1, 0, 0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFE, 0};
static const field square_of_radix = {3, 0, 0xFFFFFFFF, 0xFFFFFFFB, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 4};

const p256_point p256_generator = {
	.x = {0xD898C296, 0xF4A13945, 0x2DEB33A0, 0x77037D81, 0x63A440F2, 0xF8BCE6E5, 0xE12C4247, 0x6B17D1F2},
	.y = {0x37BF51F5, 0xCBB64068, 0x6B315ECE, 0x2BCE3357, 0x7C0F9E16, 0x8EE7EB4A, 0xFE1A7F9B, 0x4FE342E2},
};

/* ---- The field. On the M0+ these five are in p256_m0.S. */

#if defined(__ARM_ARCH_6M__)

void p256_field_multiply(field to, const field a, const field b);
void p256_field_square(field to, const field a);
void p256_field_add(field to, const field a, const field b);
void p256_field_subtract(field to, const field a, const field b);
#define field_multiply p256_field_multiply
#define field_square p256_field_square
#define field_add p256_field_add
#define field_subtract p256_field_subtract

#else

static uint32_t add(uint32_t *to, const uint32_t *a, const uint32_t *b)
{
	uint64_t sum = 0;

	for (int i = 0; i < WORDS; i++) {
		sum += (uint64_t)a[i] + b[i];
		to[i] = (uint32_t)sum;
		sum >>= 32;
	}
	return (uint32_t)sum;
}

static uint32_t subtract(uint32_t *to, const uint32_t *a, const uint32_t *b)
{
	uint64_t difference = 0;

	for (int i = 0; i < WORDS; i++) {
		difference = (uint64_t)a[i] - b[i] - difference;
		to[i] = (uint32_t)difference;
		difference = difference >> 63;
	}
	return (uint32_t)difference;
}

/* to = a when mask is all ones, else b */
static void select(uint32_t *to, uint32_t mask, const uint32_t *a, const uint32_t *b)
{
	for (int i = 0; i < WORDS; i++)
		to[i] = (a[i] & mask) | (b[i] & ~mask);
}

static void reduce_once(field to, const field from, uint32_t carry)
{
	field less;
	uint32_t borrow = subtract(less, from, prime);

	select(to, 0u - (carry | (borrow ^ 1)), less, from);
}

static void field_add(field to, const field a, const field b)
{
	field sum;
	uint32_t carry = add(sum, a, b);

	reduce_once(to, sum, carry);
}

static void field_subtract(field to, const field a, const field b)
{
	field difference, more;
	uint32_t borrow = subtract(difference, a, b);

	add(more, difference, prime);
	select(to, 0u - borrow, more, difference);
}

static void field_multiply(field to, const field a, const field b)
{
	uint32_t wide[2 * WORDS + 1] = {0};

	for (int i = 0; i < WORDS; i++) {
		uint64_t carry = 0;
		for (int j = 0; j < WORDS; j++) {
			carry += (uint64_t)a[i] * b[j] + wide[i + j];
			wide[i + j] = (uint32_t)carry;
			carry >>= 32;
		}
		wide[i + WORDS] = (uint32_t)carry;
	}
	/* Montgomery reduction: -1/p mod 2^32 is 1, so the factor is the word itself. */
	for (int i = 0; i < WORDS; i++) {
		uint32_t factor = wide[i];
		uint64_t carry = 0;
		for (int j = 0; j < WORDS; j++) {
			carry += (uint64_t)factor * prime[j] + wide[i + j];
			wide[i + j] = (uint32_t)carry;
			carry >>= 32;
		}
		for (int j = i + WORDS; j <= 2 * WORDS; j++) {
			carry += wide[j];
			wide[j] = (uint32_t)carry;
			carry >>= 32;
		}
	}
	reduce_once(to, wide + WORDS, wide[2 * WORDS]);
}

static void field_square(field to, const field a)
{
	field_multiply(to, a, a);
}

#endif

static void field_double(field to, const field a)
{
	field_add(to, a, a);
}

static void copy(field to, const field from)
{
	memcpy(to, from, sizeof(field));
}

static bool is_zero(const uint32_t *number)
{
	uint32_t any = 0;

	for (int i = 0; i < WORDS; i++)
		any |= number[i];
	return any == 0;
}

static void squares(field to, int count)
{
	while (count-- > 0)
		field_square(to, to);
}

/* 1 / a = a^(p - 2), by runs of ones: p - 2 = (2^32 - 1) 2^224 + 2^192 + (2^94 - 1) 2^2 + 1. */
static void field_invert(field to, const field a)
{
	field ones2, ones4, ones8, ones16, ones32, result;

	field_square(ones2, a);
	field_multiply(ones2, ones2, a);
	copy(ones4, ones2);
	squares(ones4, 2);
	field_multiply(ones4, ones4, ones2);
	copy(ones8, ones4);
	squares(ones8, 4);
	field_multiply(ones8, ones8, ones4);
	copy(ones16, ones8);
	squares(ones16, 8);
	field_multiply(ones16, ones16, ones8);
	copy(ones32, ones16);
	squares(ones32, 16);
	field_multiply(ones32, ones32, ones16);

	copy(result, ones32); /* bits 255 .. 224 */
	squares(result, 32);
	field_multiply(result, result, a); /* .. 192 */
	squares(result, 128);
	field_multiply(result, result, ones32); /* bits 95 .. 64 */
	squares(result, 32);
	field_multiply(result, result, ones32); /* bits 63 .. 32 */
	squares(result, 16);
	field_multiply(result, result, ones16); /* bits 31 .. 16 */
	squares(result, 8);
	field_multiply(result, result, ones8); /* bits 15 .. 8 */
	squares(result, 4);
	field_multiply(result, result, ones4); /* bits 7 .. 4 */
	squares(result, 2);
	field_multiply(result, result, ones2); /* bits 3, 2 */
	squares(result, 2);
	field_multiply(to, result, a); /* bits 1, 0: 01 */
}

static void to_field(field to, const p256_number from)
{
	field_multiply(to, from, square_of_radix);
}

static void from_field(p256_number to, const field from)
{
	static const field plain_one = {1};

	field_multiply(to, from, plain_one);
}

/* ---- Points, in Jacobian coordinates; y^2 = x^3 - 3x + b. */

/* "dbl-2001-b" of the Explicit-Formulas Database: 3 products, 5 squares. `to` may be `a`. */
static void point_double(jacobian *to, const jacobian *a)
{
	field delta, gamma, beta, alpha, t, u;

	field_square(delta, a->z);
	field_square(gamma, a->y);
	field_multiply(beta, a->x, gamma);
	field_subtract(t, a->x, delta);
	field_add(u, a->x, delta);
	field_multiply(alpha, t, u);
	field_double(t, alpha);
	field_add(alpha, alpha, t);

	field_add(t, a->y, a->z);
	field_square(t, t);
	field_subtract(t, t, gamma);
	field_subtract(to->z, t, delta);

	field_double(beta, beta);
	field_double(beta, beta); /* 4 beta */
	field_square(t, alpha);
	field_double(u, beta);
	field_subtract(to->x, t, u);
	field_subtract(t, beta, to->x);
	field_multiply(t, alpha, t);
	field_square(u, gamma);
	field_double(u, u);
	field_double(u, u);
	field_double(u, u);
	field_subtract(to->y, t, u);
}

/* Answers false when the two are equal or opposite in x; `to` is then unspecified but zero in z. 12 products, 4 squares. */
static bool point_add(jacobian *to, const jacobian *a, const jacobian *b)
{
	field aa, bb, u, s, h, r, t;

	field_square(aa, a->z);
	field_square(bb, b->z);
	field_multiply(u, a->x, bb);
	field_multiply(h, b->x, aa);
	field_subtract(h, h, u);
	field_multiply(s, a->y, b->z);
	field_multiply(s, s, bb);
	field_multiply(r, b->y, a->z);
	field_multiply(r, r, aa);
	field_subtract(r, r, s);

	field_multiply(t, a->z, b->z);
	field_multiply(to->z, t, h);
	field_square(aa, h);
	field_multiply(bb, aa, h); /* h^3 */
	field_multiply(u, u, aa); /* v */
	field_square(t, r);
	field_subtract(t, t, bb);
	field_double(aa, u);
	field_subtract(to->x, t, aa);
	field_subtract(t, u, to->x);
	field_multiply(t, r, t);
	field_multiply(bb, s, bb);
	field_subtract(to->y, t, bb);
	return !is_zero(h);
}

/* 1, 3, 5 .. 15 times `from`. */
static void odd_multiples(jacobian to[ODD_MULTIPLES], const jacobian *from)
{
	jacobian twice;

	point_double(&twice, from);
	to[0] = *from;
	for (int i = 1; i < ODD_MULTIPLES; i++)
		point_add(&to[i], &to[i - 1], &twice);
}

static void to_affine(p256_point *to, const jacobian *from)
{
	field inverse, t;

	field_invert(inverse, from->z);
	field_square(t, inverse);
	field_multiply(inverse, inverse, t);
	field_multiply(t, from->x, t);
	from_field(to->x, t);
	field_multiply(t, from->y, inverse);
	from_field(to->y, t);
}

static void wipe(void *what, size_t length_bytes)
{
	memset(what, 0, length_bytes);
	__asm__ volatile("" : : "r"(what) : "memory");
}

/* ---- Constant time. */

/* to = table[index], reading all of it. */
static void look_up(jacobian *to, const jacobian table[ODD_MULTIPLES], uint32_t index)
{
	const uint32_t *words = (const uint32_t *)table;
	uint32_t *result = (uint32_t *)to;
	enum { SIZE = sizeof(jacobian) / sizeof(uint32_t) };

	memset(to, 0, sizeof *to);
	for (uint32_t entry = 0; entry < ODD_MULTIPLES; entry++) {
		uint32_t mask = 0u - (((entry ^ index) - 1) >> 31);
		for (int i = 0; i < SIZE; i++)
			result[i] |= *words++ & mask;
	}
}

/* to = mask ? from : to */
static void take_if(jacobian *to, const jacobian *from, uint32_t mask)
{
	const uint32_t *words = (const uint32_t *)from;
	uint32_t *result = (uint32_t *)to;

	for (unsigned i = 0; i < sizeof *to / sizeof *words; i++)
		result[i] = (words[i] & mask) | (result[i] & ~mask);
}

/* number = mask ? n - number : number */
static void negate_scalar(p256_number number, uint32_t mask)
{
	uint64_t difference = 0;

	for (int i = 0; i < WORDS; i++) {
		difference = (uint64_t)order[i] - number[i] - difference;
		number[i] = ((uint32_t)difference & mask) | (number[i] & ~mask);
		difference >>= 63;
	}
}

static void negate_field(field number, uint32_t mask)
{
	static const field zero;
	field negative;

	field_subtract(negative, zero, number);
	for (int i = 0; i < WORDS; i++)
		number[i] = (negative[i] & mask) | (number[i] & ~mask);
}

/*
 * The scalar is made odd (k or n - k) and recoded into odd digits of 4 bits, so
 * that every window adds a point (Joye and Tunstall 2009). Before an addition
 * the sum is 16a times the point, a >= 1, and below n but in the last window, so
 * it meets the point d that is added only there: 16a = n + d for k = n - 2 with
 * d = -1 (and for k = 2, which becomes n - 2). The last window therefore also
 * doubles, and takes that when the two were equal. 16a = n - d would be k = n.
 */
void p256_multiply(p256_point *to, const p256_number scalar, const p256_point *from, const p256_number blind)
{
	jacobian table[ODD_MULTIPLES], sum, term;
	p256_number rest;
	int8_t digits[WINDOWS];
	field t;
	uint32_t even;

	to_field(table[0].z, blind);
	field_square(t, table[0].z);
	to_field(sum.x, from->x);
	field_multiply(table[0].x, sum.x, t);
	field_multiply(t, t, table[0].z);
	to_field(sum.y, from->y);
	field_multiply(table[0].y, sum.y, t);
	term = table[0];
	odd_multiples(table, &term);

	memcpy(rest, scalar, sizeof rest);
	even = (rest[0] & 1) - 1;
	negate_scalar(rest, even);
	/* Digit i is bits 4i .. 4i+4 with bit 4i taken as set, minus 16: what is left stays odd. */
	for (int i = 0; i < WINDOWS - 1; i++) {
		uint32_t bits = rest[i / 8] >> (i % 8 * WINDOW_BITS);
		if (i % 8 == 7)
			bits |= rest[i / 8 + 1] << WINDOW_BITS;
		digits[i] = (int8_t)((bits & 31) | 1) - 16;
	}
	digits[WINDOWS - 1] = (int8_t)((rest[WORDS - 1] >> 28) | 1);

	look_up(&sum, table, (uint32_t)digits[WINDOWS - 1] >> 1);
	for (int i = WINDOWS - 2; i >= 0; i--) {
		uint32_t negative = (uint32_t)((int32_t)digits[i] >> 31);
		uint32_t magnitude = ((uint32_t)(int32_t)digits[i] ^ negative) - negative;
		for (int bit = 0; bit < WINDOW_BITS; bit++)
			point_double(&sum, &sum);
		look_up(&term, table, magnitude >> 1);
		negate_field(term.y, negative);
		if (i > 0) {
			point_add(&sum, &sum, &term);
		} else {
			jacobian twice;
			point_double(&twice, &sum);
			take_if(&sum, &twice, 0u - (uint32_t)!point_add(&sum, &sum, &term));
			wipe(&twice, sizeof twice);
		}
	}
	negate_field(sum.y, even);
	to_affine(to, &sum);
	wipe(table, sizeof table);
	wipe(&sum, sizeof sum);
	wipe(&term, sizeof term);
	wipe(rest, sizeof rest);
	wipe(digits, sizeof digits);
}

/* ---- Public values. */

/* Width-5 non-adjacent form: odd digits -15 .. 15 and zeros. Answers how many. */
static int recode(int8_t to[NAF_DIGITS], const p256_number number)
{
	uint32_t rest[WORDS + 1];
	int count = 0;

	memcpy(rest, number, sizeof(p256_number));
	rest[WORDS] = 0;
	while (!is_zero(rest) || rest[WORDS]) {
		int32_t digit = 0;
		if (rest[0] & 1) {
			uint64_t sum;
			digit = (int32_t)(rest[0] & 31);
			if (digit >= 16)
				digit -= 32;
			/* rest -= digit */
			sum = (uint64_t)rest[0] - (uint64_t)(int64_t)digit;
			rest[0] = (uint32_t)sum;
			for (int i = 1; i <= WORDS; i++) {
				sum = (uint64_t)rest[i] + (uint64_t)((int64_t)sum >> 32);
				rest[i] = (uint32_t)sum;
			}
		}
		to[count++] = (int8_t)digit;
		for (int i = 0; i < WORDS; i++)
			rest[i] = rest[i] >> 1 | rest[i + 1] << 31;
		rest[WORDS] >>= 1;
	}
	return count;
}

static void add_digit(jacobian *sum, bool *empty, const jacobian table[ODD_MULTIPLES], int digit)
{
	jacobian term, before;

	if (digit == 0)
		return;
	term = table[(digit < 0 ? -digit : digit) >> 1];
	if (digit < 0)
		negate_field(term.y, UINT32_MAX);
	if (*empty) {
		*sum = term;
		*empty = false;
		return;
	}
	before = *sum;
	if (point_add(sum, &before, &term))
		return;
	/* The same x: equal points double, opposite ones leave nothing. */
	{
		field left, right, t;
		field_square(t, term.z);
		field_multiply(t, t, term.z);
		field_multiply(left, before.y, t);
		field_square(t, before.z);
		field_multiply(t, t, before.z);
		field_multiply(right, term.y, t);
		*empty = memcmp(left, right, sizeof left) != 0;
		if (!*empty)
			point_double(sum, &before);
	}
}

bool p256_multiply_add(p256_point *to, const p256_number a, const p256_number b, const p256_point *point)
{
	jacobian of_generator[ODD_MULTIPLES], of_point[ODD_MULTIPLES], sum;
	int8_t digits_a[NAF_DIGITS] = {0}, digits_b[NAF_DIGITS] = {0};
	int count_a = recode(digits_a, a), count_b = recode(digits_b, b);
	bool empty = true;

	to_field(sum.x, p256_generator.x);
	to_field(sum.y, p256_generator.y);
	copy(sum.z, one);
	odd_multiples(of_generator, &sum);
	to_field(sum.x, point->x);
	to_field(sum.y, point->y);
	odd_multiples(of_point, &sum);

	for (int i = (count_a > count_b ? count_a : count_b) - 1; i >= 0; i--) {
		if (!empty)
			point_double(&sum, &sum);
		add_digit(&sum, &empty, of_generator, digits_a[i]);
		add_digit(&sum, &empty, of_point, digits_b[i]);
	}
	if (empty)
		return false;
	to_affine(to, &sum);
	return true;
}
