/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/flow.h"

/* Takes the "CP-model-" of a MIC's name; what is no such prefix stays. */
static struct bytes
without_model(struct bytes name)
{
	struct bytes rest = name, product, model;

	if (bytes_take_until(&rest, '-', &product) && bytes_equal_text(product, "CP") &&
	    bytes_take_until(&rest, '-', &model) && model.left > 0)
		return rest;
	return name;
}

bool
flow_device(struct bytes common_name, struct device_name *device)
{
	return device_name_read(without_model(common_name), device, NULL) == FAULT_NONE;
}
