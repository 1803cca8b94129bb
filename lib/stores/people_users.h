/* people_users: what the files of stores/people.h and stores/members.h share about documents of users. */
#pragma once

#include "stores/mongo_doc.h"
#include "stores/people.h"

#define PEOPLE_EMAIL_SIZE sizeof(((struct user *)NULL)->email)

struct mongo_place people_users(const struct people *p);

/* The address as it is stored: ASCII letters in lower case. RESULT_INVALID: it is none. */
MUST_CHECK enum result people_normalise_email(const char *email, char out[PEOPLE_EMAIL_SIZE], struct err *e);

/* A user's document to a struct: user_clear. */
MUST_CHECK enum result people_read_user(const bson_t *document, struct user *out, struct err *e);
/* And a new user's to a document, but for the memberships. */
MUST_CHECK enum result people_write_user(const struct user *user, bson_t *out, struct err *e);

/* Appends to an update of a user: no session that was started before counts any more. */
void people_append_sessions_end(bson_t *update);
