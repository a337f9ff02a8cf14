# Makes comments for Doxygen of the headers' plain ones. Doxyfile has it called for each header.

# A file's first comment is the file's; that of vae.h is the front page.
1s,^/\* *,/** @file\
 *\
 * ,
s,^ \* libvae: \(.*\)\.$, */\
/** @mainpage libvae: \1\
 *\
 * The headers are:,

# A name in angle brackets would be a tag; without them it is a link.
/^#/!s,<\(vae/[a-z]*\.h\)>,\1,g

# A title between rules describes nothing.
/^\/\* ----.*---- \*\/$/b

# Before a declaration or a member; behind one.
s,^\( *\)/\*\($\| \),\1/**\2,
s,\([^ ].*[^ ]\)  */\* ,\1 /**< ,
