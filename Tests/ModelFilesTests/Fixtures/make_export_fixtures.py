#!/usr/bin/env python3
"""Writes the .pth and .onnx files that ModelFile.export must write byte by byte, and checks them.

    python3 -m venv venv && venv/bin/pip install numpy torch safetensors onnx onnxruntime     # outside the repository
    venv/bin/python Tests/ModelFilesTests/Fixtures/make_export_fixtures.py

Nothing here comes from our writers. The pickle of `tiny-model.pth` is what torch.save writes; the archive around it is put
together here. The .onnx files are put together and serialised by the onnx package.

Then torch loads the .pth file, and onnxruntime must compute from the .onnx files what PyTorch's layers do.
"""

import collections
import io
import json
import pathlib
import struct
import sys
import zipfile
import zlib

import numpy
import onnx
import onnxruntime
import safetensors
import torch

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[2] / "examples"))
import pytorch_model  # noqa: E402


def values(*shape):
    """(i - 7) / 8, as in make_fixtures.py."""
    return ((torch.arange(torch.Size(shape).numel()) - 7) / 8).reshape(shape)


# The models of tinyModel() and oddModel() in the Swift tests.
TINY = {
    "conv1.weight": (2, 1, 3, 3), "conv1.bias": (2,), "fc1.weight": (3, 8), "fc1.bias": (3,),
    "out.weight": (2, 3), "out.bias": (2,),
}
ODD = {
    "conv1.weight": (4, 3, 5, 5), "conv1.bias": (4,), "conv2.weight": (2, 4, 1, 1), "conv2.bias": (2,),
    "fc1.weight": (6, 4), "fc1.bias": (6,), "fc2.weight": (5, 6), "fc2.bias": (5,), "out.weight": (3, 5),
    "out.bias": (3,),
}
ODD_METADATA = {
    "fm-tools.architecture":
        "conv:4,kernel=5,stride=2,padding=1 relu pool:3,stride=1 dropout:0.5 conv:2,kernel=1 linear:6 relu linear:5"
        " dropout:0.1 relu",
    "fm-tools.class-count": "3", "fm-tools.format": "1", "fm-tools.history": "[]", "fm-tools.input": "[3,9,7]",
    "fm-tools.pixels": "1/255",
}
# The nodes after the conversion of pixels to floats: operation, name, and attributes.
TINY_NODES = [
    ("Conv", "conv1", {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [1, 1]}),
    ("Relu", "relu1", {}), ("MaxPool", "pool1", {"kernel_shape": [2, 2], "strides": [2, 2]}),
    ("Flatten", "flatten", {"axis": 1}), ("Gemm", "fc1", {"transB": 1}), ("Relu", "relu2", {}),
    ("Gemm", "out", {"transB": 1}),
]
ODD_NODES = [
    ("Conv", "conv1", {"kernel_shape": [5, 5], "pads": [1, 1, 1, 1], "strides": [2, 2]}), ("Relu", "relu1", {}),
    ("MaxPool", "pool1", {"kernel_shape": [3, 3], "strides": [1, 1]}),
    ("Conv", "conv2", {"kernel_shape": [1, 1], "pads": [0, 0, 0, 0], "strides": [1, 1]}),
    ("Flatten", "flatten", {"axis": 1}), ("Gemm", "fc1", {"transB": 1}), ("Relu", "relu2", {}),
    ("Gemm", "fc2", {"transB": 1}), ("Relu", "relu3", {}), ("Gemm", "out", {"transB": 1}),
]


def archive(members):
    """A zip archive of stored members, their contents at multiples of 64 bytes."""
    data, directory = b"", b""
    for name, content in members:
        name = name.encode()
        common = struct.pack(
            "<HHHHHIIIH", 10, 0, 0, 0, 1 << 5 | 1, zlib.crc32(content), len(content), len(content), len(name))
        directory += b"PK\1\2" + struct.pack("<H", 10) + common + struct.pack("<HHHHII", 0, 0, 0, 0, 0, len(data)) + name
        padding = -(len(data) + 30 + len(name) + 4) % 64
        data += b"PK\3\4" + common + struct.pack("<H", 4 + padding) + name
        data += b"FB" + struct.pack("<H", padding) + b"Z" * padding + content
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(data), 0)
    return data + directory + b"PK\5\6" + end


def pth(path, shapes):
    state = collections.OrderedDict((name, values(*shape)) for name, shape in shapes.items())
    buffer = io.BytesIO()
    torch.save(state, buffer)
    with zipfile.ZipFile(buffer) as theirs:
        # PyTorch also adds a hash, which it does not need for reading.
        members = [(name, theirs.read(name)) for name in theirs.namelist() if ".data/" not in name]
    path.write_bytes(archive(members))
    loaded = torch.load(path, weights_only=True)
    assert list(loaded) == list(state)
    for name in state:
        assert torch.equal(loaded[name], state[name]), name
    assert zipfile.ZipFile(path).testzip() is None


def model(shapes, nodes, metadata):
    channels, height, width = json.loads(metadata["fm-tools.input"])
    model = onnx.ModelProto(ir_version=7, producer_name="fm-tools")
    model.opset_import.add(version=13)
    graph = model.graph
    graph.name = "classifier"
    graph.initializer.add(data_type=onnx.TensorProto.FLOAT, name="pixel_scale", raw_data=numpy.float32(1 / 255).tobytes())
    for name, shape in shapes.items():
        raw = values(*shape).numpy().astype("<f4").tobytes()
        graph.initializer.add(dims=shape, data_type=onnx.TensorProto.FLOAT, name=name, raw_data=raw)

    def value(field, name, element_type, shape, description):
        value = field.add(name=name, doc_string=description)
        value.type.tensor_type.elem_type = element_type
        value.type.tensor_type.shape.dim.add(dim_param="batch")
        for length in shape:
            value.type.tensor_type.shape.dim.add(dim_value=length)

    value(
        graph.input, "images", onnx.TensorProto.UINT8, [channels, height, width],
        "Pixels from 0 to 255 as they are, [batch, channels, height, width]; the model scales them.")
    value(
        graph.output, "logits", onnx.TensorProto.FLOAT, [int(metadata["fm-tools.class-count"])],
        "A number for each class, the likeliest's is the largest; softmax makes probabilities of them.")

    cast = graph.node.add(op_type="Cast", name="cast", input=["images"], output=["cast"])
    cast.attribute.append(onnx.helper.make_attribute("to", onnx.TensorProto.FLOAT))
    graph.node.add(op_type="Mul", name="scale", input=["cast", "pixel_scale"], output=["scale"])
    last = "scale"
    for operation, name, attributes in nodes:
        inputs = [last] + [name + suffix for suffix in (".weight", ".bias") if name + suffix in shapes]
        last = "logits" if name == "out" else name
        node = graph.node.add(op_type=operation, name=name, input=inputs, output=[last])
        for key, number in attributes.items():
            node.attribute.append(onnx.helper.make_attribute(key, number))
    for key in sorted(metadata):
        model.metadata_props.add(key=key, value=metadata[key])
    return model


def onnx_file(path, shapes, nodes, metadata):
    path.write_bytes(model(shapes, nodes, metadata).SerializeToString())
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path)
    image = json.loads(metadata["fm-tools.input"])
    network = pytorch_model.Network(metadata["fm-tools.architecture"], image, int(metadata["fm-tools.class-count"]))
    network.load_state_dict({name: values(*shape) for name, shape in shapes.items()})
    network.eval()
    for batch in (1, 7):
        images = numpy.random.default_rng(batch).integers(0, 256, [batch] + image, numpy.uint8)
        ours = session.run(["logits"], {"images": images})[0]
        with torch.inference_mode():
            theirs = network(torch.from_numpy(images) / 255).numpy()
        numpy.testing.assert_allclose(ours, theirs, rtol=1e-5)


if __name__ == "__main__":
    pth(FOLDER / "tiny-model.pth", TINY)
    with safetensors.safe_open(FOLDER / "tiny-model.safetensors", "pt") as file:
        tiny_metadata = {key: text for key, text in file.metadata().items() if key not in ("format", "fm-tools.data-crc32")}
    onnx_file(FOLDER / "tiny-model.onnx", TINY, TINY_NODES, tiny_metadata)
    onnx_file(FOLDER / "odd-model.onnx", ODD, ODD_NODES, ODD_METADATA)
