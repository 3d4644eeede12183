/*
 * The C interface of Pedersen's commitments over the first group of BLS12-381: m g + b h, with g the standard generator and
 * h that of RFC 9380's BLS12381G1_XMD:SHA-256_SSWU_RO_ for the message "qsdm/pedersen/h/v1".
 *
 * Time depends on nothing but the count. Memory belongs to the caller, and calls from several threads do not meet.
 */
#ifndef QSDM_PEDERSEN_H
#define QSDM_PEDERSEN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of a value and of a blinding: an integer below the group's order, big-endian. */
#define QSDM_SCALAR_BYTES 32
/* The compressed form. */
#define QSDM_COMMITMENT_BYTES 48

/* 1 when each of `count` scalars is below the group's order. */
int qsdm_pedersen_are_scalars(const uint8_t *scalars, size_t count);

/* Commits to each of `count` values. The first call makes tables of 160 KB, in some milliseconds. */
void qsdm_pedersen_commit(const uint8_t *values, const uint8_t *blindings, size_t count, uint8_t *commitments);

#ifdef __cplusplus
}
#endif
#endif
