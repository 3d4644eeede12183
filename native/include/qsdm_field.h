/*
 * The C interface of the fields that secrets are shared over, in batches: integers modulo p = 2^127 - 1, and GF(2^8)
 * modulo x^8 + x^4 + x^3 + x^2 + 1. The x of holders and the weights of gf256 are public; time does not depend on anything
 * else. Weights modulo p may be secret: custodians multiply by shares, and by the key of their MACs.
 *
 * A matrix lies row by row. Memory belongs to the caller, and calls from several threads do not meet.
 */
#ifndef QSDM_FIELD_H
#define QSDM_FIELD_H

#include "qsdm_native.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An element modulo p: an integer below p, little-endian. */
#define QSDM_ELEMENT_BYTES 16

/* 1 when each of `count` elements is below p. Every other function wants that. */
int qsdm_field_are_elements(const uint8_t *elements, size_t count);

/* out[i] = a[i] + b[i], and a[i] * b[i]. `out` may be `a` or `b`. */
void qsdm_field_add(const uint8_t *a, const uint8_t *b, size_t count, uint8_t *out);
void qsdm_field_multiply(const uint8_t *a, const uint8_t *b, size_t count, uint8_t *out);
/* out[i] = 1 / a[i], or 0 for 0. `out` may be `a`. */
void qsdm_field_invert(const uint8_t *a, size_t count, uint8_t *out);

/* The sum of `rows` rows of `columns` elements, each times its weight: Lagrange's reconstruction of many secrets. */
void qsdm_field_combine(const uint8_t *weights, const uint8_t *matrix, size_t rows, size_t columns, uint8_t *out);
/*
 * Row i of `out` is the value at xs[i] of each column's polynomial, whose coefficients are its rows, the constant one
 * first: Shamir's shares of many secrets. Returns 0, or -1 without memory.
 */
int qsdm_field_evaluate(const uint8_t *xs, size_t points, const uint8_t *matrix, size_t rows, size_t columns,
                        uint8_t *out);

/* The same over GF(2^8), one byte for each element. At most 256 rows. */
void qsdm_gf256_combine(uint32_t path, const uint8_t *weights, const uint8_t *matrix, size_t rows, size_t columns,
                        uint8_t *out);
void qsdm_gf256_evaluate(uint32_t path, const uint8_t *xs, size_t points, const uint8_t *matrix, size_t rows,
                         size_t columns, uint8_t *out);

#ifdef __cplusplus
}
#endif
#endif
