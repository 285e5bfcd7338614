"""A GPT Image model of Azure OpenAI, by the name of its deployment."""

from __future__ import annotations

from visionhub.capability import Capability, Support
from visionhub.kit import openai
from visionhub.kit.sizes import differing
from visionhub.providers.azure import prices
from visionhub.providers.azure.errors import CODES
from visionhub.tasks import GenerateCall, Images
from visionhub.wire import Request, Response

OPERATION = "openai/v1/images/generations"
# A deployment is called what its owner calls it: usually as its model.
CAPABILITY = Capability(
    options={"size": Support.NATIVE, "count": Support.NATIVE},
    fields=("images.revised_prompt",),
    model="gpt-image-2",
    tokens=prices.DRAWING,
    docs="https://learn.microsoft.com/azure/ai-foundry/openai/how-to/dall-e",
)


def encode(call: GenerateCall) -> Request:
    """See `visionhub.codec`."""
    return Request(OPERATION, openai.order(call.model or str(CAPABILITY.model), call))


def decode(response: Response, call: GenerateCall) -> Images:
    """See `visionhub.codec`."""
    images, model = openai.pictures(response, CODES), call.model or CAPABILITY.model
    return images.about(
        model=model,
        usage=openai.usage(response, prices.DRAWING, model),
        warnings=differing("azure", images.images, call),
    )


def parse(request: Request) -> GenerateCall:
    """See `visionhub.codec`."""
    return openai.ordered(request.body, CAPABILITY.model)


def render(result: Images, call: GenerateCall) -> Response:
    """See `visionhub.codec`."""
    del call
    return openai.delivered(result)
