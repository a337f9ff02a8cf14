/* Colours that the colour-blind tell apart. */
#ifndef VAE_PICTURE_PALETTE_H
#define VAE_PICTURE_PALETTE_H

enum { VAE__COLOR_TEXT = 8 };

/* Colour `index` of `count`, as "#rrggbb": of up to 8 those of Okabe and Ito, of more a step of a ramp. */
void vae__palette_color(int index, int count, char color[VAE__COLOR_TEXT]);

#endif
