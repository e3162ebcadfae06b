"""The table of asks: one file per kind of question, each with the template of the same name.

An ask is ``(state, parameters, draws) → (state, Part)``; ``parameters`` are its own, checked by itself, and ``draws``
decide what it leaves to chance. To add one, write the function and its template, and add the function to ``ASKS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from derivgen.asks.activations import activations
from derivgen.asks.backward_pseudocode import backward_pseudocode
from derivgen.asks.bottleneck import bottleneck
from derivgen.asks.chain_rule import chain_rule
from derivgen.asks.circuit_values import circuit_values
from derivgen.asks.classify import classify
from derivgen.asks.closed_form import closed_form
from derivgen.asks.composed_loss import composed_loss
from derivgen.asks.derivative import derivative
from derivgen.asks.draw_circuit import draw_circuit
from derivgen.asks.draw_network import draw_network
from derivgen.asks.equal_weights import equal_weights
from derivgen.asks.fill_in_blank import fill_in_blank
from derivgen.asks.find_layer import find_layer
from derivgen.asks.forward_pass import forward_pass
from derivgen.asks.forward_pseudocode import forward_pseudocode
from derivgen.asks.forward_values import forward_values
from derivgen.asks.gradient import gradient
from derivgen.asks.gradients import gradients
from derivgen.asks.label_figure import label_figure
from derivgen.asks.layer_parameters import layer_parameters
from derivgen.asks.local_derivative import local_derivative
from derivgen.asks.local_derivatives import local_derivatives
from derivgen.asks.loss_gradient import loss_gradient
from derivgen.asks.loss_value import loss_value
from derivgen.asks.multiple_choice import multiple_choice
from derivgen.asks.multiply_adds import multiply_adds
from derivgen.asks.output import output
from derivgen.asks.output_sizes import output_sizes
from derivgen.asks.parameter_count import parameter_count
from derivgen.asks.partial_derivatives import partial_derivatives
from derivgen.asks.pre_activations import pre_activations
from derivgen.asks.prove import prove
from derivgen.asks.receptive_field import receptive_field
from derivgen.asks.risk_contribution import risk_contribution
from derivgen.asks.sensitivity import sensitivity
from derivgen.asks.staged_values import staged_values
from derivgen.asks.sufficiency import sufficiency
from derivgen.asks.tanh_logistic import tanh_logistic
from derivgen.asks.training_step import training_step
from derivgen.asks.true_false import true_false
from derivgen.asks.update import update
from derivgen.asks.updated_value import updated_value
from derivgen.asks.weight_shapes import weight_shapes
from derivgen.draws import Draws
from derivgen.exercise import Part, State

Ask = Callable[[State, Mapping[str, object], Draws], tuple[State, Part]]

ASKS: dict[str, Ask] = {
    ask.__name__: ask
    for ask in (
        forward_pass,
        composed_loss,
        chain_rule,
        local_derivatives,
        local_derivative,
        gradient,
        closed_form,
        update,
        forward_values,
        loss_value,
        derivative,
        updated_value,
        weight_shapes,
        pre_activations,
        activations,
        output,
        classify,
        gradients,
        loss_gradient,
        training_step,
        fill_in_blank,
        true_false,
        multiple_choice,
        risk_contribution,
        parameter_count,
        draw_network,
        draw_circuit,
        circuit_values,
        label_figure,
        forward_pseudocode,
        backward_pseudocode,
        staged_values,
        partial_derivatives,
        sensitivity,
        tanh_logistic,
        output_sizes,
        layer_parameters,
        multiply_adds,
        receptive_field,
        find_layer,
        prove,
        equal_weights,
        bottleneck,
        sufficiency,
    )
}
WHOLE = frozenset({"staged_values", "partial_derivatives", "sensitivity"})  # a list of quantities is one question
# What can be asked of a convolutional network, which has shapes and counts, but no values.
OF_STACKS = ("output_sizes", "layer_parameters", "multiply_adds", "receptive_field", "find_layer", "parameter_count")
DIRECTIVES = ("bind", "text")
