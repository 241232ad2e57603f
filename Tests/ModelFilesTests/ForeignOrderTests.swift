// Tensors that are matched by their order, whatever their names.

import ByteIO
import MemoryStreams
import Networks
import TensorStream
import Testing

@testable import ModelFiles

private let input = ImageShape(height: 4, width: 4, channels: 1)
private let specification =
  "conv:2,bias=no norm relu residual( conv:3 norm relu conv:2 | conv:2,kernel=1 norm ) linear:3 relu"

private func architecture(_ text: String = specification) throws -> Architecture {
  try Architecture(specification: text, input: input, classCount: 4)
}

/// Returns the architecture's tensors in its order, under other names. `load` fills each with its number.
private func foreign(
  _ architecture: Architecture, rename: (Int, ParameterDescription) -> String
) -> [ParameterDescription] {
  architecture.parameters.enumerated().map {
    ParameterDescription(name: rename($0, $1), shape: $1.shape)
  }
}

private func load(
  _ tensors: [ParameterDescription], as text: String? = specification, matching: TensorMatching = .order
) throws -> (model: Model, notes: [String]) {
  let values = Dictionary(
    uniqueKeysWithValues: tensors.enumerated().map { index, tensor in
      (tensor.name, [Float](repeating: Float(index), count: tensor.count))
    })
  let foreign = ForeignTensors(
    file: "memory", descriptions: tensors, notes: ["a note of the reader"], values: { values[$0]! })
  var notes: [String] = []
  let model = try ForeignModel.model(
    of: foreign, as: text.map { try Specification(parsing: $0) }, input: input, matching: matching
  ) { notes.append($0) }
  return (model, notes)
}

/// Returns a name as a PyTorch class may have it: numbers, and one of PyTorch's words at its end.
private func numbered(_ index: Int, _ description: ParameterDescription) -> String {
  "features.\(index / 7).\(index).\(description.name.split(separator: ".").last ?? "")"
}

@Test func tensorsInOrderAreMatchedAndListed() throws {
  let architecture = try architecture()
  let tensors = foreign(architecture, rename: numbered).filter { !$0.isNamedAsCounter }
  let (model, notes) = try load(tensors)
  #expect(model.architecture == architecture)
  #expect(model.parameters.count == architecture.parameters.count)
  var next: Float = 0
  for (parameter, description) in zip(model.parameters, architecture.parameters) {
    #expect(parameter.name == description.name && parameter.shape == description.shape)
    // The file has no counts of steps, so they are 0.
    #expect(parameter.values.allSatisfy { $0 == (description.role == .counter ? 0 : next) })
    if description.role != .counter { next += 1 }
  }
  #expect(notes.count == 2 && notes[0] == "memory: a note of the reader")
  let lines = notes[1].split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
  #expect(lines[0].joined(separator: " ") == "memory: tensors are matched by order")
  #expect(lines[1] == ["ours", "theirs", "shape"])
  #expect(
    lines.dropFirst(2).map { $0[0] } == architecture.parameters.filter { $0.role != .counter }.map(\.name))
  #expect(lines.dropFirst(2).map { $0[1] } == tensors.map(\.name))
  #expect(lines.last == ["out.bias", "features.3.25.bias", "[4]"])
}

@Test func countsOfStepsAreFoundBesideTheirMeans() throws {
  let architecture = try architecture()
  // `block.running_mean` and `block.num_batches_tracked` belong to one module.
  let tensors = foreign(architecture) { _, description in "net.x\(description.name)" }
  let (model, _) = try load(tensors)
  let counters = architecture.parameters.indices.filter { architecture.parameters[$0].role == .counter }
  #expect(!counters.isEmpty)
  for index in counters { #expect(model.parameters[index].values == [Float(index)]) }
}

@Test func tensorsWithoutPyTorchsNamesAreMatchedByShape() throws {
  let architecture = try architecture("linear:3 relu linear:3")
  let tensors = foreign(architecture) { index, _ in "w\(index)" }
  let (model, _) = try load(tensors, as: "linear:3 relu linear:3")
  #expect(model.parameters.map(\.values.first) == [0, 1, 2, 3, 4, 5])
  // The output layer may be given explicitly.
  #expect(try load(tensors, as: "linear:3 relu linear:3 linear:4").model == model)
}

@Test func tensorsOutOfOrderAreRefusedWithTheirPlace() throws {
  let architecture = try architecture()
  let tensors = foreign(architecture, rename: numbered).filter { !$0.isNamedAsCounter }
  func refusal(_ tensors: [ParameterDescription], as text: String? = specification) -> String {
    #expect(throws: ModelFileError.self) { try load(tensors, as: text) }?.description ?? ""
  }
  // The weight and the bias of a normalisation, which have the same shape.
  var swapped = tensors
  swapped.swapAt(1, 2)
  #expect(
    refusal(swapped).hasPrefix(
      "memory: the tensors do not match in order: tensor 2 is features.0.2.bias [2], expected norm1.weight [2];"
    ))
  #expect(refusal(tensors.dropLast()).contains("tensor \(tensors.count) is the end, expected out.bias [4]"))
  let more = tensors + [ParameterDescription(name: "more.weight", shape: [4])]
  #expect(refusal(more).contains("tensor \(more.count) is more.weight [4], expected the end"))
  var misshapen = tensors
  misshapen[0] = ParameterDescription(name: "a.weight", shape: [2, 3, 3])
  #expect(refusal(misshapen).contains("tensor 1 is a.weight [2, 3, 3], expected conv1.weight [2, 1, 3, 3]"))
  #expect(refusal([]).contains("tensor 1 is the end"))
  // Sorted by name, as Hugging Face's library writes them.
  #expect(refusal(tensors.sorted { $0.name < $1.name }).contains("sorted by name"))
  #expect(refusal(tensors, as: nil).contains("does not say which layers its tensors belong to"))
}

// MARK: - A network from torchvision

private let hasTorch = runPython("import numpy, torch")?.status == 0

/// torchvision's ResNet-18 for small images: a 3 × 3 stem without pooling, and fewer channels. The names and the order
/// of the modules are torchvision's.
private let resNet = """
  import numpy, sys, torch
  from torch import nn

  class BasicBlock(nn.Module):
      def __init__(self, inplanes, planes, stride=1, downsample=None):
          super().__init__()
          self.conv1 = nn.Conv2d(inplanes, planes, 3, stride, 1, bias=False)
          self.bn1 = nn.BatchNorm2d(planes)
          self.relu = nn.ReLU(inplace=True)
          self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
          self.bn2 = nn.BatchNorm2d(planes)
          self.downsample = downsample

      def forward(self, x):
          identity = x if self.downsample is None else self.downsample(x)
          out = self.relu(self.bn1(self.conv1(x)))
          return self.relu(self.bn2(self.conv2(out)) + identity)

  class ResNet(nn.Module):
      def __init__(self, widths, classes):
          super().__init__()
          self.inplanes = widths[0]
          self.conv1 = nn.Conv2d(3, widths[0], 3, 1, 1, bias=False)
          self.bn1 = nn.BatchNorm2d(widths[0])
          self.relu = nn.ReLU(inplace=True)
          for number, width in enumerate(widths, 1):
              setattr(self, f"layer{number}", self.make_layer(width, 1 if number == 1 else 2))
          self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
          self.fc = nn.Linear(widths[-1], classes)

      def make_layer(self, planes, stride):
          downsample = None
          if stride != 1 or self.inplanes != planes:
              downsample = nn.Sequential(nn.Conv2d(self.inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))
          first = BasicBlock(self.inplanes, planes, stride, downsample)
          self.inplanes = planes
          return nn.Sequential(first, BasicBlock(planes, planes))

      def forward(self, x):
          x = self.relu(self.bn1(self.conv1(x)))
          x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
          return self.fc(torch.flatten(self.avgpool(x), 1))

  torch.manual_seed(4)
  network = ResNet([6, 8, 10, 12], 7)
  for _ in range(3):
      network(torch.rand(8, 3, 16, 16))
  network.eval()
  directory = sys.argv[1]
  torch.save({"epoch": numpy.float64(3), "best": [1.5, "x"], "arch": "resnet18",
              "state_dict": {"module." + name: value for name, value in network.state_dict().items()}},
             directory + "/model.pth")
  pixels = torch.from_numpy(numpy.fromfile(directory + "/pixels", "uint8"))
  with torch.inference_mode():
      logits = network(pixels.reshape(-1, 16, 16, 3).permute(0, 3, 1, 2) / 255)
  torch.log_softmax(logits.double(), 1).float().numpy().tofile(directory + "/answers")
  """

@Test(.enabled(if: hasTorch, "Python has no torch package"))
func aResNetInTorchvisionsOrderPredictsAsInPyTorch() throws {
  func block(_ width: Int) -> String {
    "residual( conv:\(width),bias=no norm relu conv:\(width),bias=no norm ) relu"
  }
  func reducingBlock(_ width: Int) -> String {
    "residual( conv:\(width),stride=2,bias=no norm relu conv:\(width),bias=no norm"
      + " | conv:\(width),kernel=1,stride=2,bias=no norm ) relu"
  }
  let stages = [8, 10, 12].map { "\(reducingBlock($0)) \(block($0))" }.joined(separator: " ")
  let specification = "conv:6,bias=no norm relu 2*( \(block(6)) ) \(stages) pool:average,global"
  let shape = ImageShape(height: 16, width: 16, channels: 3)
  let images = randomImages(shape, count: 6)
  try withTemporaryDirectory { directory in
    try write(images, to: "\(directory)/pixels")
    let result = try #require(runPython(resNet, directory))
    try #require(result.status == 0)
    var notes: [String] = []
    let model = try ModelFile.load(
      ModelFile.open(InputFile(path: "\(directory)/model.pth")), as: Specification(parsing: specification),
      input: shape, matching: .order
    ) { notes.append($0) }
    #expect(model.architecture.classCount == 7)
    #expect(notes.count == 2 && notes[0].hasSuffix("reading the weights under 'state_dict'"))
    let table = notes[1].split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(
      table.contains([
        "block3.shortcut.conv1.weight", "module.layer2.0.downsample.0.weight", "[8,", "6,", "1,", "1]",
      ]))
    let counters = zip(model.parameters, model.architecture.parameters).filter { $1.role == .counter }
    #expect(counters.count == 20 && counters.allSatisfy { $0.0.values == [3] })
    try expectSameAnswers(model, images, as: "\(directory)/answers")
  }
}
