// The text of layers: parsing, printing, and the messages of refusals.

import Networks
import Testing

// MARK: - The text form

/// The text as typed and as printed. Defaults are omitted, and blanks are single.
@Test(arguments: [
  ("relu", "relu"),
  ("  relu\t\nrelu ", "relu relu"),
  ("conv:4", "conv:4"),
  ("conv:4,kernel=3,stride=1,padding=1", "conv:4"),
  ("conv:4,padding=0,stride=2,kernel=5", "conv:4,kernel=5,stride=2,padding=0"),
  ("conv:4,kernel=7,padding=3", "conv:4,kernel=7"),
  ("conv:4,kernel=1,padding=0", "conv:4,kernel=1"),
  // An even kernel has no middle: (4 − 1) / 2 is 1, and the map becomes one smaller.
  ("conv:4,kernel=4,padding=1", "conv:4,kernel=4"),
  ("conv:4,kernel=2,padding=0", "conv:4,kernel=2"),
  (
    "CNN",
    "conv:16 relu pool conv:32 relu pool dropout:0.2 linear:512 relu dropout:0.2 linear:256 relu dropout:0.2"
  ),
  ("FFNN # with the preset's own dropouts\n", "linear:512 relu dropout:0.2 linear:256 relu dropout:0.2"),
  (" Ffnn\n", "linear:512 relu dropout:0.2 linear:256 relu dropout:0.2"),
  ("Conv:4,Kernel=5 ReLU", "conv:4,kernel=5 relu"),
  ("relu, relu", "relu relu"),
  ("conv:4,relu,pool:3,stride=2,linear:7", "conv:4 relu pool:3,stride=2 linear:7"),
  ("conv:4, kernel=5, relu; linear:7;", "conv:4,kernel=5 relu linear:7"),
  ("pool", "pool"),
  ("pool:2", "pool"),
  ("pool:2,stride=2", "pool"),
  ("pool,stride=1", "pool,stride=1"),
  ("pool:3", "pool:3"),
  ("pool:3,stride=2", "pool:3,stride=2"),
  ("dropout:0", "dropout:0.0"),
  ("dropout:.25", "dropout:0.25"),
  ("dropout:5e-1", "dropout:0.5"),
  ("linear:007", "linear:7"),
  ("conv:4,kernel=3x3,padding=1x1", "conv:4"),
  ("conv:4,kernel=3x5", "conv:4,kernel=3x5"),
  ("conv:4,kernel=3x5,padding=1x2", "conv:4,kernel=3x5"),
  ("conv:4,kernel=3X5,padding=2", "conv:4,kernel=3x5,padding=2"),
  ("conv:4,kernel=5x3,padding=2x0", "conv:4,kernel=5x3,padding=2x0"),
  ("conv:4,dilation=2,padding=2", "conv:4,dilation=2"),
  ("conv:4,dilation=2,padding=1", "conv:4,padding=1,dilation=2"),
  ("conv:4,bias=yes,groups=1,dilation=1", "conv:4"),
  (
    "conv:4,bias=no,groups=1,dilation=3,padding=0,stride=2,kernel=2",
    "conv:4,kernel=2,stride=2,padding=0,dilation=3,bias=no"
  ),
  ("conv:4,whiten=no", "conv:4"),
  ("conv:18, Whiten=Yes, relu", "conv:18,whiten=yes relu"),
  ("conv:18,whiten=yes,bias=no,kernel=5", "conv:18,kernel=5,bias=no,whiten=yes"),
  ("conv:4 conv:8,bias=no,groups=4", "conv:4 conv:8,groups=4,bias=no"),
  ("conv:4, bias=no, norm, relu", "conv:4,bias=no norm relu"),
  ("linear:4,bias=yes linear:5,bias=no", "linear:4 linear:5,bias=no"),
  ("norm,epsilon=1e-5,momentum=0.1,scale=yes", "norm"),
  ("NORM,Scale=No,momentum=0,epsilon=1e-3", "norm,epsilon=0.001,momentum=0,scale=no"),
  ("layernorm,epsilon=1e-5,scale=yes", "layernorm"),
  ("LayerNorm,Scale=No,epsilon=1e-6", "layernorm,epsilon=1e-06,scale=no"),
  ("norm,epsilon=0.00002,momentum=1", "norm,epsilon=2e-05,momentum=1"),
  // The limits of epsilon.
  ("norm,epsilon=1.2e-38", "norm,epsilon=1.2e-38"),
  ("layernorm,epsilon=3.4e38", "layernorm,epsilon=3.4e+38"),
  ("norm,scale=no,scale:2", "norm,scale=no scale:2"),
  ("leaky", "leaky"),
  ("leaky:0.01", "leaky"),
  ("leaky:.2", "leaky:0.2"),
  ("leaky:1", "leaky:1"),
  ("leaky:-0.5", "leaky:-0.5"),
  ("gelu silu hardswish tanh sigmoid", "gelu silu hardswish tanh sigmoid"),
  (
    "gelu,silu,hardswish,tanh,sigmoid,leaky,norm,scale:3",
    "gelu silu hardswish tanh sigmoid leaky norm scale:3"
  ),
  ("pool,size=3", "pool:3"),
  ("pool:max", "pool"),
  ("pool:max,size=3", "pool:3"),
  ("pool:2,padding=1", "pool,padding=1"),
  ("pool:3,padding=1,stride=2", "pool:3,stride=2,padding=1"),
  ("pool:average", "pool:average"),
  ("pool:2,average", "pool:average"),
  ("pool:3,average", "pool:average,size=3"),
  ("pool:average,3", "pool:average,size=3"),
  ("pool,average,size=3", "pool:average,size=3"),
  ("pool:average,padding=1,stride=1,size=3", "pool:average,size=3,stride=1,padding=1"),
  ("pool:global", "pool:global"),
  ("pool,global", "pool:global"),
  ("pool:global,max", "pool:global"),
  ("pool:average,global", "pool:average,global"),
  ("pool:global,average", "pool:average,global"),
  ("scale:0.125", "scale:0.125"),
  ("scale:2.0", "scale:2"),
  ("scale:-1e-3", "scale:-0.001"),
  // The output layer, written out.
  ("relu linear:classes", "relu"),
  ("relu linear:classes,bias=yes", "relu"),
  ("relu linear:classes,bias=no", "relu linear:classes,bias=no"),
  ("linear:10 Linear:Classes,Bias=No", "linear:10 linear:classes,bias=no"),
  ("linear:10 linear:classes", "linear:10"),
  ("linear:classes,bias=no", "linear:classes,bias=no"),
  // Comments.
  ("conv:4 # the first\nrelu# and on\n\n#\nlinear:7", "conv:4 relu linear:7"),
  ("# conv:4\r\nrelu", "relu"),
])
func aSpecificationIsPrintedInItsShortestForm(typed: String, canonical: String) throws {
  let first = try architecture(typed)
  #expect(first.specification == canonical)
  #expect(try architecture(canonical) == first)
}

@Test(arguments: [
  ("", "the architecture is empty"),
  (" \t ", "the architecture is empty"),
  ("lenet", "layer 1 'lenet' is neither a preset (ffnn, cnn, vgg) nor one of"),
  ("relu ffnn", "layer 2 'ffnn' is a preset, which must stand alone"),
  ("cnn dropout:0.5", "layer 1 'cnn' is a preset, which must stand alone; to change"),
  ("CNN, linear:7", "to change its layers, write them out: 'conv:16 relu pool conv:32"),
  ("conv 8", "layer 1 'conv': expected conv:CHANNELS, such as conv:16; did you mean 'conv:8'?"),
  (
    "relu linear 64 relu",
    "layer 2 'linear': expected linear:OUTPUTS, such as linear:512; did you mean 'linear:64'?"
  ),
  ("dropout 0.5", "; did you mean 'dropout:0.5'?"),
  ("linear=64", "layer 1 'linear=64' is neither"),
  ("linear=64", "did you mean 'linear:64'?"),
  ("linear(64)", "did you mean 'linear:64'?"),
  ("conv16", "did you mean 'conv:16'?"),
  ("Dense:64", "did you mean 'linear:64'?"),
  ("fc 64", "did you mean 'linear:64'?"),
  ("conv2d(32)", "did you mean 'conv:32'?"),
  ("MaxPool2d(2)", "did you mean 'pool:2'?"),
  ("rleu", "did you mean 'relu'?"),
  ("linaer:10", "did you mean 'linear:10'?"),
  ("droput:0.5", "did you mean 'dropout:0.5'?"),
  ("cnm", "did you mean 'cnn'?"),
  ("relu flatten linear:4", "layer 2 'flatten' must be left out: a linear layer takes maps as they are"),
  ("linear:10 softmax", "layer 2 'softmax' must be left out"),
  ("conv:8,kernal=5", "expected no option 'kernal'; did you mean 'kernel'?"),
  ("conv:8,kernel_size=5", "did you mean 'kernel'?"),
  ("conv:8,group=5", "did you mean 'groups'?"),
  ("conv:8,dilatation=5", "did you mean 'dilation'?"),
  ("conv:8,window=5", "; conv has kernel, stride, padding, groups, dilation, bias"),
  ("norm,eps=1e-3", "did you mean 'epsilon'?"),
  ("conv", "layer 1 'conv': expected conv:CHANNELS"),
  ("relu conv:", "layer 2 'conv:': expected a whole number"),
  ("conv:x", "layer 1 'conv:x': expected a whole number"),
  ("conv:-1", "layer 1 'conv:-1': expected a whole number"),
  ("conv:+1", "layer 1 'conv:+1': expected a whole number"),
  ("conv:1.5", "layer 1 'conv:1.5': expected a whole number"),
  ("conv:16777217", "layer 1 'conv:16777217': expected a whole number up to 16777216"),
  ("conv:99999999999999999999", "expected a whole number up to 16777216"),
  ("conv:4:5", "layer 1 'conv:4:5': expected a whole number"),
  ("conv:4,kernel", "expected kernel=VALUE in place of 'kernel'"),
  ("conv:4,3", "expected KEY=VALUE in place of '3'"),
  ("conv:4,kernel=", "expected a whole number"),
  ("conv:4,kernel=3,kernel=5", "expected option 'kernel' only once"),
  ("conv:4,size=3", "expected no option 'size'"),
  ("pool:2,size=2", "expected option 'size' only once"),
  ("pool,kernel=3", "did you mean 'size'?"),
  ("relu:1", "layer 1 'relu:1': expected relu without ':1'"),
  ("relu,stride=2", "expected no option 'stride'"),
  ("dropout", "layer 1 'dropout': expected dropout:PROBABILITY of at least 0 and below 1"),
  ("dropout:1", "expected dropout:PROBABILITY"),
  ("dropout:-0.1", "expected dropout:PROBABILITY"),
  ("dropout:nan", "expected dropout:PROBABILITY"),
  ("dropout:inf", "expected dropout:PROBABILITY"),
  ("dropout:x", "expected dropout:PROBABILITY"),
  ("linear", "layer 1 'linear': expected linear:OUTPUTS"),
  ("linear:0x10", "expected a whole number"),
  ("conv:4,kernel=3x", "expected a whole number up to 16777216 in place of ''"),
  ("conv:4,kernel=3x5x7", "expected kernel=ROWSxCOLUMNS, such as kernel=3x5, in place of '3x5x7'"),
  ("conv:4,stride=2x2", "expected a whole number up to 16777216 in place of '2x2'"),
  ("conv:4,bias=false", "expected bias=yes or bias=no in place of 'false'"),
  ("conv:4,bias", "expected bias=VALUE in place of 'bias'"),
  ("conv:4,whiten", "expected whiten=VALUE in place of"),
  ("conv:4,whiten=1", "expected whiten=yes or whiten=no in place of '1'"),
  ("linear:4,bias=0", "expected bias=yes or bias=no in place of '0'"),
  ("norm:16", "layer 1 'norm:16': expected norm without ':16'"),
  ("norm,epsilon=0", "expected epsilon=NUMBER from 1.2e-38 to 3.4e38"),
  ("norm,epsilon=-1e-5", "expected epsilon=NUMBER from 1.2e-38 to 3.4e38"),
  // Not 0, but 0 as a Float.
  ("norm,epsilon=1e-60", "expected epsilon=NUMBER from 1.2e-38 to 3.4e38"),
  // Subnormal as a Float, which the kernels treat as 0.
  ("norm,epsilon=1e-40", "layer 1 'norm,epsilon=1e-40': expected epsilon=NUMBER from 1.2e-38 to 3.4e38"),
  ("norm,epsilon=1.17e-38", "expected epsilon=NUMBER from 1.2e-38 to 3.4e38"),
  ("norm,epsilon=1e60", "expected epsilon=NUMBER from 1.2e-38 to 3.4e38"),
  ("norm,epsilon=inf", "expected a number in place of 'inf'"),
  ("norm,epsilon=x", "expected a number in place of 'x'"),
  ("norm,momentum=-0.1", "expected momentum=NUMBER from 0 to 1"),
  ("norm,momentum=1.01", "expected momentum=NUMBER from 0 to 1"),
  ("layernorm:16", "layer 1 'layernorm:16': expected layernorm without ':16'"),
  ("conv:2 layernorm,epsilon=0", "expected epsilon=NUMBER from 1.2e-38 to 3.4e38, such as epsilon=1e-5"),
  ("layernorm,epsilon=1e-60", "expected epsilon=NUMBER from 1.2e-38 to 3.4e38"),
  ("layernorm,epsilon=1e-39", "expected epsilon=NUMBER from 1.2e-38 to 3.4e38"),
  ("layernorm,epsilon=1e60", "expected epsilon=NUMBER from 1.2e-38 to 3.4e38"),
  ("layernorm,momentum=0.1", "expected no option 'momentum'"),
  ("norm,scale=2", "expected scale=yes or scale=no in place of '2'"),
  ("leaky:x", "expected a number in place of 'x'"),
  ("leaky:nan", "expected a number in place of 'nan'"),
  ("leaky:1e39", "expected a number in place of '1e39'"),
  ("gelu:1", "layer 1 'gelu:1': expected gelu without ':1'"),
  ("pool:mean", "expected pool:SIZE, pool:average or pool:global, each only once, in place of 'mean'"),
  ("pool:-1", "expected a whole number"),
  ("pool:average,average", "each only once, in place of 'average'"),
  ("pool:average,max", "each only once, in place of 'max'"),
  ("pool:2,3", "each only once, in place of '3'"),
  ("pool:global,size=3", "since a global pooling covers the whole map"),
  ("pool:global,3", "since a global pooling covers the whole map"),
  ("pool:average,global,stride=2", "since a global pooling covers the whole map"),
  ("scale", "layer 1 'scale': expected scale:FACTOR, a number other than 0, such as scale:0.125"),
  ("scale 2", "did you mean 'scale:2'?"),
  ("scale:0", "expected scale:FACTOR"),
  ("scale:-0.0", "expected scale:FACTOR"),
  ("scale:1e-60", "expected scale:FACTOR"),
  ("scale:1e60", "expected scale:FACTOR"),
  ("scale:nan", "expected scale:FACTOR"),
  ("linear:classes relu", "layer 1 'linear:classes': expected the output layer at the end"),
  ("linear:classes linear:classes", "layer 1 'linear:classes': expected the output layer at the end"),
  ("linear:classes,kernel=3", "expected no option 'kernel'; linear has bias"),
  ("conv:classes", "expected a whole number up to 16777216 in place of 'classes'"),
])
func aMalformedSpecificationIsRefusedWithTheWordAtFault(specification: String, text: String) {
  let error = #expect(throws: ArchitectureError.self) { try architecture(specification) }
  #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
  #expect(error?.kind == .usage)
}

/// Names of layers in other tools, and the layer that a message suggests.
@Test(arguments: [
  ("batchnorm", "norm"), ("BatchNorm2d(64)", "norm"), ("BatchNorm1d", "norm"), ("bn", "norm"),
  ("LayerNorm(96)", "layernorm"), ("layer_norm", "layernorm"), ("LayerNorm2d", "layernorm"),
  ("ln", "layernorm"),
  ("batch_norm", "norm"), ("LeakyReLU(0.2)", "leaky:0.2"), ("leaky_relu", "leaky"), ("swish", "silu"),
  ("hard_swish", "hardswish"), ("avgpool", "pool:average"), ("AvgPool2d(3)", "pool:average,size=3"),
  ("averagepool 4", "pool:average,size=4"), ("average_pool", "pool:average"),
  ("globalpool", "pool:average,global"), ("gap", "pool:average,global"),
  ("AdaptiveAvgPool2d(1)", "pool:average,global"), ("global_avg_pool", "pool:average,global"),
  ("AdaptiveMaxPool2d(1)", "pool:global"), ("global", "pool:average,global"),
  ("average", "pool:average"), ("skip", "residual( … )"), ("add", "residual( … )"),
  ("shortcut", "residual( … )"), ("cat", "concat( … )"), ("concatenate", "concat( … )"),
  ("residual:3", "residual( … )"), ("elu", "relu"), ("tahn", "tanh"), ("sigmiod", "sigmoid"),
  ("norm2", "norm"), ("leaky0.3", "leaky:0.3"), ("relu6", "relu"),
  ("multiply:3", "scale:3"),
])
func namesOfOtherToolsAreTranslated(word: String, meant: String) {
  let error = #expect(throws: ArchitectureError.self) { try Specification(parsing: "relu \(word)") }
  #expect(error?.description.contains("layer 2 ") == true, "\(error?.description ?? "no error")")
  #expect(
    error?.description.hasSuffix("; did you mean '\(meant)'? (column 6)") == true,
    "\(error?.description ?? "no error")")
}

@Test(arguments: [
  ("flatten", "a linear layer takes maps as they are"), ("view", "a linear layer takes maps as they are"),
  ("identity", "it changes nothing"), ("input", "the shape of the images is read with them"),
  ("log_softmax", "fm-predict and the loss apply it"), ("out", "write linear:classes to give it options"),
])
func anImpliedLayerIsRefusedWithTheReason(word: String, text: String) {
  let error = #expect(throws: ArchitectureError.self) { try Specification(parsing: "linear:4 \(word) relu") }
  #expect(error?.description.contains("layer 2 '\(word)' must be left out: ") == true)
  #expect(error?.description.contains(text) == true, "\(error?.description ?? "no error")")
}

// MARK: - Places in messages

@Test(arguments: [
  ("relu foo", "(column 6)"),
  ("  relu,  foo", "(column 10)"),
  ("relu,foo:3,bar relu,quux", "(column 1)"),
  ("conv:4,kernel=5,conv:x", "(column 17)"),
  // Columns count characters, not bytes.
  ("é", "(column 1)"), ("# é\nrelu ü", "(line 2, column 6)"),
  ("relu\r\n  foo", "(line 2, column 3)"),
  ("relu\n\n# foo\nlinear:3 foo # bar", "(line 4, column 10)"),
  // A final newline begins no second line.
  ("relu foo\n", "(column 6)"),
  ("residual( relu | 2*( foo ) )", "(column 22)"),
])
func theMessageEndsWithThePlace(specification: String, place: String) {
  let error = #expect(throws: ArchitectureError.self) { try architecture(specification) }
  #expect(error?.description.hasSuffix(place) == true, "\(error?.description ?? "no error")")
}

/// A layer that does not fit is found when the network is built, so its path is known.
@Test(arguments: [
  (
    "relu conv:4,kernel=99,padding=0", "layer 2 'conv:4,kernel=99,padding=0' does not fit",
    "(conv1, column 6)"
  ),
  (
    "relu\nresidual( relu | 3*( pool ) )", "'residual': its branches give",
    "(block1, line 2, column 1)"
  ),
  ("residual( relu | 9*( pool ) )", "layer 2 'pool' does not fit", "(block1.shortcut.pool5, column 22)"),
  ("2*( concat( | conv:4 ) pool:20 )", "layer 2 'pool:20' does not fit", "(pool1, column 24)"),
  ("2*( pool:9 linear:3 )", "layer 1 'pool:9' does not fit its input of 3", "(pool2, column 5)"),
])
func anErrorGivesThePathAndColumnOfAMisfit(specification: String, start: String, place: String) {
  let error = #expect(throws: ArchitectureError.self) { try architecture(specification) }
  #expect(error?.description.hasPrefix(start) == true, "\(error?.description ?? "no error")")
  #expect(error?.description.hasSuffix(place) == true, "\(error?.description ?? "no error")")
}

/// The user did not type the text of a preset, so its columns mean nothing.
@Test func aMisfitInAPresetHasNoColumn() {
  let error = #expect(throws: ArchitectureError.self) { try architecture("cnn", height: 3, width: 3) }
  #expect(error?.description.hasSuffix("(pool2)") == true, "\(error?.description ?? "no error")")
}

/// Time is proportional to the number of parts. If it were quadratic, the test would stall here.
@Test func aWordOfManyPartsIsRefused() {
  let word = "conv:4" + String(repeating: ",kernel=3", count: 20_000)
  #expect(throws: ArchitectureError.self) { try Specification(parsing: word) }
}
