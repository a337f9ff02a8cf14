/* The palette. */
#include "src/picture/palette.h"

#include <math.h>
#include <stdio.h>

/* Okabe, Ito, "Color universal design" (2008); those that are faint on white come last. */
static const unsigned char distinct[][3] = {
    { 0x00, 0x72, 0xb2 }, /* blue */
    { 0xd5, 0x5e, 0x00 }, /* vermillion */
    { 0x00, 0x9e, 0x73 }, /* bluish green */
    { 0xcc, 0x79, 0xa7 }, /* reddish purple */
    { 0xe6, 0x9f, 0x00 }, /* orange */
    { 0x56, 0xb4, 0xe9 }, /* sky blue */
    { 0x00, 0x00, 0x00 }, /* black */
    { 0xf0, 0xe4, 0x42 }, /* yellow */
};
enum { DISTINCT = sizeof distinct / sizeof *distinct };

/* Ever lighter, so that it also tells without colour: from van der Walt's and Smith's viridis (2015), up to where it is
 * faint on white. */
static const unsigned char ramp[][3] = {
    { 0x44, 0x01, 0x54 }, { 0x48, 0x28, 0x78 }, { 0x3e, 0x49, 0x89 }, { 0x31, 0x68, 0x8e }, { 0x26, 0x82, 0x8e },
    { 0x1f, 0x9e, 0x89 }, { 0x35, 0xb7, 0x79 }, { 0x6d, 0xcd, 0x59 }, { 0xb4, 0xde, 0x2c },
};
enum { RAMP = sizeof ramp / sizeof *ramp };

void vae__palette_color(int index, int count, char color[VAE__COLOR_TEXT])
{
    unsigned char mixed[3];
    double place = count > 1 ? (double)index / (count - 1) * (RAMP - 1) : 0;
    int below = place >= RAMP - 1 ? RAMP - 2 : (int)place;
    for (int i = 0; i < 3; i++) {
        double part = place - below, value = ramp[below][i] * (1 - part) + ramp[below + 1][i] * part;
        mixed[i] = count <= DISTINCT ? distinct[index % DISTINCT][i] : (unsigned char)lround(value);
    }
    snprintf(color, VAE__COLOR_TEXT, "#%02x%02x%02x", mixed[0], mixed[1], mixed[2]);
}
