//! The weights of the network, taken out of its ONNX graph: convolutions, recurrent layers, head.

use std::collections::HashMap;

use rten_onnx::onnx::{DataType, ModelProto, NodeProto, TensorProto};

/// A matrix with its shape.
pub(super) struct Tensor {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
}

/// A bidirectional LSTM layer as ONNX writes it: gates in the order input, output, forget, cell.
pub(super) struct LstmWeights {
    /// `[2, 4 × hidden, inputs]`.
    pub(super) input: Tensor,
    /// `[2, 4 × hidden, hidden]`.
    pub(super) recurrent: Tensor,
    /// `[2, 8 × hidden]`: biases of the input, then of the recurrent part.
    pub(super) bias: Tensor,
}

/// A convolution, its batch normalisation folded into it.
pub(super) struct ConvolutionWeights {
    /// Outputs, inputs, rows and columns of the kernel.
    pub(super) shape: [usize; 4],
    pub(super) values: Vec<f32>,
    pub(super) bias: Vec<f32>,
    /// Rows, columns.
    pub(super) stride: [usize; 2],
    pub(super) padding: [usize; 2],
}

/// All of them.
pub(super) struct NetworkWeights {
    /// In their order, a rectifier after each.
    pub(super) convolutions: Vec<ConvolutionWeights>,
    /// Layers in their order.
    pub(super) layers: Vec<LstmWeights>,
    /// `[2 × hidden, classes]`.
    pub(super) head: Tensor,
    /// `[classes]`.
    pub(super) head_bias: Tensor,
}

impl NetworkWeights {
    /// Takes the weights out of an ONNX file.
    ///
    /// # Errors
    /// Says what is missing where the network is not made of convolutions with rectifiers, bidirectional LSTM layers,
    /// one linear layer and a logarithmic softmax.
    pub(super) fn from_onnx(bytes: &[u8]) -> Result<Self, String> {
        let model = ModelProto::parse_buf(bytes).map_err(|error| format!("not an ONNX file: {error}"))?;
        let graph = model.graph.ok_or("an ONNX file without a graph")?;
        let tensors: HashMap<&str, &TensorProto> =
            graph.initializer.iter().filter_map(|tensor| Some((tensor.name.as_deref()?, tensor))).collect();
        let tensor = |name: Option<&String>| -> Result<Tensor, String> {
            let name = name.ok_or("a layer without weights")?;
            let found =
                tensors.get(name.as_str()).ok_or_else(|| format!("the weights {name} are missing"))?;
            read(found).map_err(|reason| format!("the weights {name}: {reason}"))
        };
        let is = |node: &&NodeProto, kind: &str| node.op_type.as_deref() == Some(kind);
        let recurrent: Vec<&NodeProto> = graph.node.iter().filter(|node| is(node, "LSTM")).collect();
        let mut convolutions = Vec::new();
        for node in graph.node.iter().filter(|node| is(node, "Conv")) {
            let output = node.output.first();
            if !graph.node.iter().any(|next| is(&next, "Relu") && next.input.first() == output) {
                return Err("a convolution without a rectifier".to_owned());
            }
            convolutions.push(convolution(node, tensor(node.input.get(1))?, tensor(node.input.get(2))?)?);
        }
        let mut layers = Vec::with_capacity(recurrent.len());
        for node in &recurrent {
            let layer = LstmWeights {
                input: tensor(node.input.get(1))?,
                recurrent: tensor(node.input.get(2))?,
                bias: tensor(node.input.get(3))?,
            };
            layer.check()?;
            layers.push(layer);
        }
        let linear = graph.node.iter().rfind(|node| is(node, "MatMul")).ok_or("the network has no head")?;
        let product = linear.output.first();
        let added = graph
            .node
            .iter()
            .find(|node| is(node, "Add") && node.input.iter().any(|name| Some(name) == product))
            .ok_or("the network's head has no bias")?;
        let bias = added.input.iter().find(|name| Some(*name) != product);
        if !graph.node.iter().any(|node| is(&node, "LogSoftmax")) {
            return Err("the network does not end with a logarithmic softmax".to_owned());
        }
        let weights =
            Self { convolutions, layers, head: tensor(linear.input.get(1))?, head_bias: tensor(bias)? };
        weights.check()?;
        Ok(weights)
    }

    fn check(&self) -> Result<(), String> {
        if self.convolutions.is_empty() || self.layers.is_empty() {
            return Err("a network without convolutions or without recurrent layers".to_owned());
        }
        for pair in self.convolutions.windows(2) {
            if pair[0].shape[0] != pair[1].shape[1] {
                return Err(format!(
                    "a convolution of shape {:?} follows {:?}",
                    pair[1].shape, pair[0].shape
                ));
            }
        }
        let widths = self.layers.iter().map(|layer| 2 * layer.hidden());
        let takes =
            self.layers.iter().skip(1).map(LstmWeights::inputs).chain(self.head.shape.first().copied());
        for (gives, takes) in widths.zip(takes) {
            if gives != takes {
                return Err(format!("a layer of width {takes} follows one of width {gives}"));
            }
        }
        match (self.head.shape.as_slice(), self.head_bias.shape.as_slice()) {
            ([_, classes], [biases]) if classes == biases => Ok(()),
            (head, bias) => Err(format!("a head of shape {head:?} with a bias of shape {bias:?}")),
        }
    }
}

impl LstmWeights {
    pub(super) fn hidden(&self) -> usize {
        self.recurrent.shape[2]
    }

    pub(super) fn inputs(&self) -> usize {
        self.input.shape[2]
    }

    fn check(&self) -> Result<(), String> {
        match (self.input.shape.as_slice(), self.recurrent.shape.as_slice(), self.bias.shape.as_slice()) {
            (&[2, rows, inputs], &[2, same, hidden], &[2, biases])
                if rows == 4 * hidden && same == rows && biases == 2 * rows && hidden > 0 && inputs > 0 =>
            {
                Ok(())
            }
            (input, recurrent, bias) => Err(format!(
                "a recurrent layer of shapes {input:?}, {recurrent:?}, {bias:?} is not bidirectional or not whole"
            )),
        }
    }
}

fn convolution(node: &NodeProto, weights: Tensor, bias: Tensor) -> Result<ConvolutionWeights, String> {
    let whole_numbers = |name: &str| -> Vec<usize> {
        let found = node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name));
        found
            .map_or(&[][..], |attribute| &attribute.ints)
            .iter()
            .map(|n| usize::try_from(*n).unwrap_or(0))
            .collect()
    };
    let shape: [usize; 4] =
        weights.shape.as_slice().try_into().map_err(|_| "a convolution that is not of images".to_owned())?;
    let group = node.attribute.iter().find(|attribute| attribute.name.as_deref() == Some("group"));
    let stride = match whole_numbers("strides")[..] {
        [] => [1, 1],
        [rows, columns] if rows > 0 && columns > 0 => [rows, columns],
        _ => return Err("a convolution with strides of its own kind".to_owned()),
    };
    let padding = match whole_numbers("pads")[..] {
        [] => [0, 0],
        [top, left, bottom, right] if (top, left) == (bottom, right) => [top, left],
        _ => return Err("a convolution with uneven padding".to_owned()),
    };
    if group.is_some_and(|attribute| attribute.i.unwrap_or(1) != 1)
        || whole_numbers("dilations").iter().any(|dilation| *dilation != 1)
        || bias.shape != [shape[0]]
        || shape.contains(&0)
    {
        return Err(format!("a convolution of shape {shape:?} in groups, dilated or with a strange bias"));
    }
    Ok(ConvolutionWeights { shape, values: weights.values, bias: bias.values, stride, padding })
}

fn read(tensor: &TensorProto) -> Result<Tensor, String> {
    if tensor.data_type != Some(DataType::FLOAT) {
        return Err("not of 32-bit numbers".to_owned());
    }
    let shape: Vec<usize> = tensor.dims.iter().map(|dim| usize::try_from(*dim).unwrap_or(0)).collect();
    let values: Vec<f32> = match &tensor.raw_data {
        Some(bytes) => {
            bytes.borrow().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()
        }
        None => tensor.float_data.clone(),
    };
    if values.len() != shape.iter().product::<usize>() {
        return Err(format!("{} numbers do not make the shape {shape:?}", values.len()));
    }
    Ok(Tensor { shape, values })
}
