/* A writer of SVG: elements go to a text that grows; the first failure sticks, and is told at the end. Nothing here
 * knows what is drawn. Numbers are the same in every locale. */
#ifndef VAE_PICTURE_SVG_H
#define VAE_PICTURE_SVG_H

#include <stdbool.h>
#include <stddef.h>
#include <vae/status.h>

typedef struct vae__svg {
    char *text; /* without a zero at its end */
    size_t size, capacity;
    vae_status status;
} vae__svg;

/* How far right of its place a text begins, ends, or has its middle. */
typedef enum vae__svg_anchor { VAE__SVG_START, VAE__SVG_MIDDLE, VAE__SVG_END } vae__svg_anchor;

/* Begins a drawing of so many units on a white ground; `title` is what a reader is told of it. */
void vae__svg_begin(vae__svg *svg, double width, double height, const char *title);

/* `attributes` of what follows, such as stroke="#000000"; they are written as they stand here. */
void vae__svg_group(vae__svg *svg, const char *attributes);
void vae__svg_group_end(vae__svg *svg);

/* What the group of this id, begun with the attribute id="...", has drawn, once more, moved by so much. */
void vae__svg_again(vae__svg *svg, const char *id, double x, double y);

void vae__svg_line(vae__svg *svg, double x1, double y1, double x2, double y2);
void vae__svg_rectangle(vae__svg *svg, double x, double y, double width, double height);
void vae__svg_circle(vae__svg *svg, double x, double y, double radius);

/* A line through points: begun at the first, and ended behind the last. */
void vae__svg_path_point(vae__svg *svg, bool first, double x, double y);
void vae__svg_path_end(vae__svg *svg);

/* Text of a person: markup in it is escaped, and what XML cannot hold becomes '?'. Turned: read upwards. */
void vae__svg_text(vae__svg *svg, double x, double y, vae__svg_anchor anchor, bool turned, const char *text);

/* Ends the drawing and writes the file, which appears whole or not at all. Gives the text back whatever happens. */
vae_status vae__svg_write(vae__svg *svg, const char *path);

#endif
