/*
 * From a request to its answer: which endpoint it is for, and whether it may be
 * asked at all. Fed by main, feeds the api_* handlers.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include "api.h"

/*
 * Answers request as of now into *response, which is all zero; response_free
 * it. There is always an answer. A HEAD has the body that GET would have, which
 * is not to be sent.
 */
void route_answer(struct api *api, const struct request *request, struct clock_now now, struct response *response);

#endif
