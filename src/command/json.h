/* A printer of JSON: one object on one line. */
#ifndef VAE_COMMAND_JSON_H
#define VAE_COMMAND_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct vae__json {
    FILE *file;
    bool begun; /* the innermost object or array has a member: the next one needs a comma */
} vae__json;

/* Members of an object have a name; elements of an array, and the outermost object, have NULL. vae__json_finish ends
 * the outermost object, and the line.
 */
void vae__json_object(vae__json *json, const char *name);
void vae__json_object_end(vae__json *json);
void vae__json_array(vae__json *json, const char *name);
void vae__json_array_end(vae__json *json);
void vae__json_text(vae__json *json, const char *name, const char *text); /* NULL: null; what is no UTF-8: U+FFFD */
void vae__json_whole(vae__json *json, const char *name, int64_t number);
void vae__json_real(vae__json *json, const char *name, double number); /* not finite: null */
void vae__json_truth(vae__json *json, const char *name, bool truth);
void vae__json_null(vae__json *json, const char *name);
void vae__json_sizes(vae__json *json, const char *name, const int64_t *sizes, int rank); /* [28, 28] */
void vae__json_finish(vae__json *json);

#endif
