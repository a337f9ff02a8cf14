/*
 * Drawings of graphs, for Graphviz: `dot -Tpng cvae.dot -o cvae.png`. A node for everything that is computed, shapes on
 * the edges; inputs, noise, parameters, state, constants, ops and results differ in form and colour.
 */
#ifndef VAE_DRAW_H
#define VAE_DRAW_H

#include <vae/graph.h>
#include <vae/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Draws a program: the same text for the same graph. `title` may be NULL. In a program with an objective, edges by
 * which no gradient flows back are dashed. The caller owns *text: vae_drawing_free.
 */
VAE_API vae_status vae_program_draw(const vae_program *program, const char *title, char **text);
VAE_API void vae_drawing_free(char **text);

/*
 * Draws a model's graph `which`: one of the names that vae_drawing_name tells; any other fails with VAE_ERROR_ARGUMENT.
 * Fields are taken to be stored as in the data that the model was made with; `masked` says that it has a mask.
 */
VAE_API vae_status vae_model_draw(const vae_model *model, const char *which, bool masked, char **text);

/* "training", "encoding", "decoding"; NULL behind the last. */
VAE_API const char *vae_drawing_name(int index);

/* Writes a drawing to a file, which appears whole or not at all. */
VAE_API vae_status vae_drawing_save(const char *text, const char *path);

#ifdef __cplusplus
}
#endif
#endif
