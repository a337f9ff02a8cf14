/*
 * Temporary files beside the file they will become, and the removal of those that killed processes left there.
 *
 * The name is TARGET.<digits>-<hex>.tmp. Its writer holds an exclusive lock (flock) on it for as long as it has that
 * name; so one that can be locked is nobody's, and is removed before the next is made: by the name and the lock alone,
 * its contents are never read. The system lets go of a lock when a process ends, however it ends.
 *
 * On a file system of a network this holds as far as its locks do: a writer on another machine is seen where the server
 * keeps the locks (NFS as it is mounted usually). Where it does not (nolock, local_lock), such a writer may lose its
 * temporary file: its save fails with a message, and what stood at the target stays. Where there are no locks at all,
 * saving works without, and nothing is removed.
 */
#ifndef VAE_BASE_TEMPORARY_H
#define VAE_BASE_TEMPORARY_H

/* What a temporary name is longer than its target's, with the byte at its end. */
enum { VAE__TEMPORARY_ENDING = 64 };

/* Removes the temporary files of `target`, a file in `folder`, that nobody writes. What is no plain file, or cannot be
 * opened, locked or removed, stays. Writes names into `name`, with room for the target's and VAE__TEMPORARY_ENDING. */
void vae__temporary_sweep(const char *folder, const char *target, char *name);

/* Creates and locks a temporary file with these permissions, under a name that nothing has; its name is in `name`. -1
 * and errno on failure. Closing it lets go of the lock, so it is renamed or removed before. */
int vae__temporary_create(const char *target, int mode, char *name);

#endif
