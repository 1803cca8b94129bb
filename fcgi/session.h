/* session: logging in and out, and who is logged in: /v1/session. And what the other routes about a person's
 * sessions share with it. */
#pragma once

#include "fcgi/exchange.h"

void session_post(struct exchange *x);   /* log in */
void session_get(struct exchange *x);    /* who */
void session_delete(struct exchange *x); /* log out */

/* ---- for fcgi/sessions.c and fcgi/me_password.c ---- */

/* Ends the session of the request's cookie, if any, and gives the browser a new one of the caller: a token
 * that was known before a password was given is worth nothing after it. False after it has answered. */
bool session_renew(struct exchange *x);

/* Answers 204 and takes the cookie back. */
void session_answer_ended(struct exchange *x);
