/* Time and memory of a training, gathered while it runs. */
#include "src/train/account.h"

#include <stdlib.h>

#include "src/base/memory.h"
#include "src/base/status.h"

enum { OWN_ROWS = 2 }; /* "order", "rest" */

void vae__account_begin(vae__account *account, int threads)
{
    if (account)
        account->threads = threads;
}

void vae__account_order(vae__account *account, double since)
{
    if (account)
        account->order += vae__seconds() - since;
}

void vae__account_epoch(vae__account *account, double since)
{
    if (!account)
        return;
    account->seconds = vae__seconds() - since;
    account->total += account->seconds;
}

/* ---- At the end -------------------------------------------------------------------------------------------------- */

static void add_row(vae__account *account, const char *op, double seconds)
{
    account->rows[account->row_count++] = (vae_profile){ .op = op, .phase = "", .seconds = seconds };
}

static int by_seconds(const void *a, const void *b)
{
    const vae_profile *one = a, *other = b;
    return one->seconds < other->seconds ? 1 : one->seconds > other->seconds ? -1 : 0;
}

/* What no row has yet is time between steps: a batch laid out, figures added up, the region left and entered. */
static vae_status gather_rows(vae__account *account, const vae_executor *executor)
{
    int count = vae_executor_profile(executor, NULL, 0);
    double rest = account->threads * account->total;
    VAE__TRY(vae__allocate("a profile", (size_t)count + OWN_ROWS, sizeof *account->rows, &account->rows));
    account->row_count = vae_executor_profile(executor, account->rows, count);
    /* It needs memory, and tells of nothing where there is none. */
    if (account->row_count != count || (!count && account->total > 0))
        return vae__error_memory("a profile", (size_t)count * sizeof *account->rows);
    add_row(account, "order", account->threads * account->order); /* The others wait for it. */
    for (int i = 0; i < account->row_count; i++)
        rest -= account->rows[i].seconds;
    add_row(account, "rest", rest);
    qsort(account->rows, (size_t)account->row_count, sizeof *account->rows, by_seconds);
    return vae__ok();
}

vae_status vae__account_end(vae__account *account, const vae_executor *executor, const vae_program *program,
                            int64_t batch_size, int64_t examples)
{
    if (!account)
        return vae__ok();
    int64_t whole = examples / batch_size, last = examples % batch_size;
    account->memory = vae_executor_memory(executor);
    account->operations = (double)whole * vae_program_operations(program, batch_size) +
                          (last ? vae_program_operations(program, last) : 0);
    return account->profile ? gather_rows(account, executor) : vae__ok();
}

void vae__account_clear(vae__account *account)
{
    vae__free(account->rows);
    *account = (vae__account){ 0 };
}
